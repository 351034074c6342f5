# cnnc_add_library(NAME FILE.cnn [NETWORK network] [SET name=value …] [OPTIONS option …] [DEPENDS file …])
#
# Compiles a network of FILE.cnn into libNAME.a, NAME.h and NAME.hpp, and defines the target NAME to link:
#
#     cnnc_add_library(lenet lenet.cnn)
#     target_link_libraries(app PRIVATE lenet)
#
# NAME is any name of a target; what C cannot read in it becomes an underscore in the names of the library, the headers
# and the namespace (le-net: lible_net.a, le_net.hpp, le_net::Model). NETWORK is needed where FILE.cnn holds several.
# DEPENDS names the files that FILE.cnn uses.
function(cnnc_add_library name file)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NETWORK" "SET;OPTIONS;DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cnnc_add_library(${name}): unexpected ${arg_UNPARSED_ARGUMENTS}; expected NETWORK, SET, "
                        "OPTIONS or DEPENDS")
  endif()
  cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE source)
  if(NOT EXISTS ${source})
    message(FATAL_ERROR "cnnc_add_library(${name}): ${source} does not exist")
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.cnnc)
  string(MAKE_C_IDENTIFIER ${name} library)
  set(command $<TARGET_FILE:cnnc::cnnc> ${source} -o ${folder} --prefix ${library} ${arg_OPTIONS})
  if(arg_NETWORK)
    list(APPEND command --network ${arg_NETWORK})
  endif()
  foreach(setting IN LISTS arg_SET)
    list(APPEND command --set ${setting})
  endforeach()
  add_custom_command(
    OUTPUT ${folder}/lib${library}.a ${folder}/${library}.h ${folder}/${library}.hpp
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${command}
    DEPENDS ${source} cnnc::cnnc ${arg_DEPENDS}
    COMMENT "Compiling network ${file}"
    VERBATIM)
  add_custom_target(${name}_cnnc DEPENDS ${folder}/lib${library}.a)
  # A target of its own, so that the runtime is linked after the last of several networks.
  add_library(${name}_archive STATIC IMPORTED GLOBAL)
  set_target_properties(${name}_archive PROPERTIES IMPORTED_LOCATION ${folder}/lib${library}.a)
  target_link_libraries(${name}_archive INTERFACE cnnc::cnn_runtime)
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_cnnc)
  target_include_directories(${name} INTERFACE ${folder})
  target_link_libraries(${name} INTERFACE ${name}_archive)
  # The runtime's readers want zlib; a program that only predicts should not load it.
  target_link_options(${name} INTERFACE LINKER:--as-needed,--gc-sections)
endfunction()
