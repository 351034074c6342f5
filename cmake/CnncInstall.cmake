# What `cmake --install` puts down: a tree that works after source and build folders are gone.
#
#   bin/cnnc, bin/libHalide.so    the compiler, and Halide beside it, found by its run path
#   include/cnn/                  the runtime's headers, which generated headers include
#   lib/libcnn_runtime.a          what generated libraries are linked with
#   lib/cmake/cnnc/               find_package(cnnc) and cnnc_add_library
#   share/cnnc/zoo/               the networks that `use "zoo/…"` finds
#   share/man/man1/cnnc.1         the manual page; share/… also completion for bash, zsh and fish
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
# Not Debian's lib/x86_64-linux-gnu: one layout under any prefix.
set(CMAKE_INSTALL_LIBDIR lib)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cnnc)

# Debian keeps libMLIR.so in LLVM's own folder, which the loader does not search by itself.
get_target_property(mlir_library MLIR LOCATION)
cmake_path(GET mlir_library PARENT_PATH mlir_library_dir)
set_target_properties(cnnc PROPERTIES INSTALL_RPATH "$ORIGIN;${mlir_library_dir}")
install(TARGETS cnnc cnn_runtime EXPORT cnncTargets
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES $<TARGET_FILE:Halide::Halide> DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${Halide_DIR}/../../../share/doc/Halide/LICENSE.txt
        DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.Halide.txt)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/runtime/include/cnn ${CMAKE_SOURCE_DIR}/runtime/abi/include/cnn
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" PATTERN "*.def")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/zoo DESTINATION ${CMAKE_INSTALL_DATADIR}/cnnc
        FILES_MATCHING PATTERN "*.cnn")

set(pages ${CMAKE_BINARY_DIR}/share) # written when the command is built
install(FILES ${pages}/cnnc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/cnnc.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME cnnc)
install(FILES ${pages}/_cnnc DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${pages}/cnnc.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(EXPORT cnncTargets NAMESPACE cnnc:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/cnncConfig.cmake.in ${CMAKE_BINARY_DIR}/cnncConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cnncConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cnncConfig.cmake ${CMAKE_BINARY_DIR}/cnncConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/cmake/CnncAddLibrary.cmake
        DESTINATION ${package_dir})
