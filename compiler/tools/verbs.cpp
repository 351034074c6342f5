//===- verbs.cpp - The verbs of the command line ----------------------------------------------------===//

#include "verbs.h"

#include "options.h"

#include "groups_to_halide/target.h"
#include "groups_to_llvm/c_names.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace cnn::tools {
namespace {

CompileOptions compile;
BuildOptions buildOptions;
FormatOptions formatOptions;
ImportOptions importOptions;
ExportOptions exportOptions;
std::string wantedId, newName, shell;
CheckOptions checkOptions;
SummaryOptions summaryOptions;
DrawOptions drawOptions;
TrainOptions trainOptions;
PredictOptions predictOptions;
BenchOptions benchOptions;
ProfileOptions profileOptions;
VerifyOptions verifyOptions;

CompileOptions forTraining(CompileOptions options) {
  options.trains = true;
  return options;
}

std::string checkFile(const std::string& path) {
  std::string problem = CLI::ExistingFile(path), named = path + ".cnn";
  std::error_code failed;
  bool other = !problem.empty() && std::filesystem::exists(named, failed);
  return problem + (other ? "; did you mean " + named + "?" : "");
}

void fileOptions(CLI::App& app) {
  app.add_option("FILE", compile.file, "the network's .cnn file")->required()->check(checkFile);
  app.add_option("--network", compile.network, "this network of the file only");
  app.add_option("--set", compile.settings,
                 "name=value: parameters of the network and free sizes, e.g. --set classes=5 H=256")
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos || text[0] == '=' ? "expected name=value, found " + text
                                                                     : "";
      })
      ->allow_extra_args(false); // cnnc.cpp gives each value its own --set
}

void compilingOptions(CLI::App& app) {
  app.add_option("--probe", compile.probes,
                 "path or pattern of probes that become outputs, e.g. --probe stem or --probe '*'")
      ->allow_extra_args(false);
  app.add_option("--target", compile.target, "a Halide target string; default: this machine")
      ->transform(CLI::Validator(
          [](std::string& text) {
            std::string error;
            text = kernel::readTarget(text, error);
            return error;
          },
          ""));
  app.add_flag("--exact", compile.exact,
               "inference in the written order, no Winograd; training with sums in f64");
  app.add_option("-j,--jobs", compile.jobs, "kernels compiled at a time; default: all cores")
      ->check(CLI::Range(1, 256));
  app.add_option("--cache", compile.cache, "folder of compiled kernels; default: ~/.cache/cnnc");
  app.add_flag("--no-cache", compile.noCache, "compile every kernel anew");
}

void buildingOptions(CLI::App& app) {
  app.add_option("-o,--output", buildOptions.folder, "folder for the results; default: this one");
  app.add_option("--embed", buildOptions.embed,
                 "weights (.safetensors) to compile in: the program needs no file of them")
      ->check(CLI::ExistingFile);
  app.add_option("--emit", buildOptions.emit,
                 "print a stage instead: ast, cnn, groups, schedule, stmt, llvm, asm; "
                 "object: write the objects one by one")
      ->check(CLI::IsMember({"ast", "cnn", "groups", "schedule", "stmt", "llvm", "asm", "object"}));
  app.add_flag("--predict-only", compile.predictOnly, "leave the train section out");
  app.add_option(
         "--prefix", compile.prefix,
         "name of the library, its headers, functions and namespace; default: the network's in lower case")
      ->check([](const std::string& name) {
        std::string why = whyNoLibraryName(name);
        return why.empty() ? why : "'" + name + "': " + why;
      });
}

void checkingOptions(CLI::App& app) {
  app.add_flag("--json", checkOptions.json, "as JSON on stdout");
  app.add_flag("--fix", checkOptions.fix, "make the changes that are surely meant, and report what is left");
}

void summarizingOptions(CLI::App& app) {
  app.add_flag("--json", summaryOptions.json, "as JSON on stdout");
  app.add_option("--depth", summaryOptions.depth,
                 "show blocks within so many blocks as their layers; default: all")
      ->check(CLI::Range(0, 1000));
}

void drawingOptions(CLI::App& app) {
  app.add_option("-o,--output", drawOptions.output,
                 "FILE.svg or FILE.html; default: NAME.html for each network")
      ->check([](const std::string& path) {
        return path.ends_with(".svg") || path.ends_with(".html")
                   ? ""
                   : "expected a name ending in .svg or .html, found " + path;
      });
  app.add_option("--depth", drawOptions.depth,
                 "open blocks within so many blocks; default: as many as stay readable")
      ->check(CLI::Range(0, 1000));
}

void formattingOptions(CLI::App& app) {
  app.add_option("FILES", formatOptions.files, "the .cnn files; - for stdin to stdout")->required();
  app.add_flag("--check", formatOptions.check, "change nothing, name the files that are not formatted");
  app.add_flag("--diff", formatOptions.diff, "change nothing, show what would change");
}

void explainingOptions(CLI::App& app) {
  app.add_option("ID", wantedId, "a diagnostic, such as E0302; without it all are listed");
}

void creatingOptions(CLI::App& app) {
  app.add_option("NAME", newName, "the file to write, with or without .cnn")->required();
}

void importingOptions(CLI::App& app) {
  app.add_option("MODEL", importOptions.model, "the .onnx file")->required()->check(CLI::ExistingFile);
  app.add_option("-o,--output", importOptions.output,
                 "the .cnn file to write, and the .safetensors beside it; default: named like the model")
      ->check([](const std::string& path) {
        return path.ends_with(".cnn") ? "" : "expected a name ending in .cnn, found " + path;
      });
  app.add_option("--name", importOptions.network, "the network's name; default: made from the file's");
}

void exportingOptions(CLI::App& app) {
  app.add_option("--weights", exportOptions.weights, ".safetensors")->required()->check(CLI::ExistingFile);
  app.add_option("-o,--output", exportOptions.output,
                 "the .onnx file to write; default: named like the network's file");
}

void completingOptions(CLI::App& app) {
  app.add_option("SHELL", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

void dataOptions(CLI::App& app) {
  app.add_option("--data", trainOptions.data, "folder of the data");
  app.add_option("--threads", trainOptions.threads, "default: all cores")->check(CLI::Range(1, 256));
  app.add_flag("--quiet", trainOptions.quiet, "no progress");
}

void trainingOptions(CLI::App& app) {
  app.add_option("--batch", trainOptions.batch, "samples a step")->check(CLI::Range(1, 1 << 20));
  app.add_option("--epochs", trainOptions.epochs, "default: as the train section says")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--lr", trainOptions.lr, "learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", trainOptions.seed, "of initialisation, shuffling, dropout")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--clip-norm", trainOptions.clipNorm, "largest norm of the gradients")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--validation", trainOptions.validation, "share of the training data held out")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--accumulate", trainOptions.accumulate, "batches whose gradients make one step")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--ema", trainOptions.ema, "decay of the weights' moving averages, which are kept; 0: none")
      ->check(CLI::Range(0.0, 0.999999999));
  app.add_option("--stop", trainOptions.stop,
                 "METRIC,EPOCHS: end a phase after so many epochs without improvement")
      ->check([](const std::string& text) {
        size_t comma = text.rfind(',');
        bool fits = comma != std::string::npos && comma > 0 && comma + 1 < text.size() &&
                    text.size() < comma + 10 &&
                    text.find_first_not_of("0123456789", comma + 1) == std::string::npos &&
                    std::atoll(text.c_str() + comma + 1) > 0;
        return fits ? "" : "expected METRIC,EPOCHS such as top1,5, found " + text;
      });
  app.add_option("--weights", trainOptions.weights, "begin with these (.safetensors)")
      ->check(CLI::ExistingFile);
  app.add_option("--save", trainOptions.save,
                 "write the trained weights (.safetensors) when all is done, in place of a file of weights "
                 "that is there");
  CLI::Option* checkpoint = app.add_option("--checkpoint", trainOptions.checkpoint,
                                           "write weights and training state after each epoch");
  app.add_option("--checkpoint-steps", trainOptions.checkpointSteps, "and after so many steps")
      ->check(CLI::Range(1, 1 << 30))
      ->needs(checkpoint);
  CLI::Option* resume =
      app.add_flag("--resume", trainOptions.resume, "go on from the checkpoint, if there is one")
          ->needs(checkpoint);
  app.add_flag("--force", trainOptions.force,
               "begin anew where there is a checkpoint; replace a file that holds no weights")
      ->excludes(resume);
}

void evaluatingOptions(CLI::App& app) {
  app.add_option("--weights", trainOptions.weights, ".safetensors")->required()->check(CLI::ExistingFile);
}

void predictingOptions(CLI::App& app) {
  app.add_option("PICTURES", predictOptions.pictures, "PNG, JPEG or WebP files for the first input")
      ->check(CLI::ExistingFile);
  app.add_option("--weights", predictOptions.weights, ".safetensors")->required()->check(CLI::ExistingFile);
  app.add_option("--input", predictOptions.inputs, "name=file.npy, for each input")->allow_extra_args(false);
  app.add_option("--output", predictOptions.outputs, "name=file.npy; without it classes are printed")
      ->allow_extra_args(false);
  app.add_option("--top", predictOptions.top, "classes shown")->check(CLI::Range(1, 1000));
  app.add_option("--threads", predictOptions.threads, "default: all cores")->check(CLI::Range(1, 256));
}

void timingOptions(CLI::App& app) {
  app.add_option("--mode", benchOptions.mode, "infer or train")->check(CLI::IsMember({"infer", "train"}));
  app.add_option("--batch", benchOptions.batch, "samples an iteration")->check(CLI::Range(1, 1 << 20));
  app.add_option("--threads", benchOptions.threads, "default: 1")->check(CLI::Range(1, 256));
  app.add_option("--weights", benchOptions.weights, ".safetensors; default: initialised")
      ->check(CLI::ExistingFile);
  app.add_option("--input", benchOptions.inputs, "name=file.npy, or file.npy in order; whole batches")
      ->allow_extra_args(false);
  app.add_option("--target-input,--labels", benchOptions.targets, "the train section's inputs")
      ->allow_extra_args(false);
  app.add_option("--output", benchOptions.output, "file.npy, written after the first request");
}

void profilingOptions(CLI::App& app) {
  app.add_option("--mode", profileOptions.mode, "infer or train")->check(CLI::IsMember({"infer", "train"}));
  app.add_option("--batch", profileOptions.batch, "samples an iteration; default: 1")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--iterations", profileOptions.iterations, "default: 20")->check(CLI::Range(1, 1 << 20));
}

void verifyingOptions(CLI::App& app) {
  app.add_option("--batch", verifyOptions.batches, "batch sizes; default: 1 3")
      ->check(CLI::Range(1, 4096))
      ->allow_extra_args(false);
  app.add_option("--seed", verifyOptions.seed, "of weights and inputs");
  app.add_flag("--checked", verifyOptions.checked, "build the kernels with Halide's assertions");
  app.add_flag("--mutate", verifyOptions.mutate,
               "also spoil each operator of the reference in turn, to see it noticed");
}

void servingOptions(CLI::App& app) {
  static bool said = false;
  app.add_flag("--stdio", said, "as editors say it; there is no other way");
}

} // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      {"build",
       "compile to libNAME.a, NAME.h and NAME.hpp (the default)",
       "cnnc lenet.cnn -o generated",
       {fileOptions, compilingOptions, buildingOptions},
       [] { return build(forTraining(compile), buildOptions); }},
      {"check",
       "report all mistakes of a file",
       "cnnc check lenet.cnn",
       {fileOptions, checkingOptions},
       [] { return check(forTraining(compile), checkOptions); }},
      {"fmt",
       "bring files into the canonical form",
       "cnnc fmt --diff lenet.cnn",
       {formattingOptions},
       [] { return format(formatOptions); }},
      {"new",
       "write a file to start from",
       "cnnc new shoes",
       {creatingOptions},
       [] { return createFile(newName); }},
      {"import",
       "an ONNX model to a .cnn file and its weights",
       "cnnc import resnet18.onnx",
       {importingOptions},
       [] { return import(importOptions); }},
      {"export",
       "a network with its weights to an ONNX model",
       "cnnc export lenet.cnn --weights lenet.safetensors",
       {fileOptions, exportingOptions},
       [] { return exportOnnx(compile, exportOptions); }},
      {"explain",
       "tell more about a diagnostic",
       "cnnc explain E0302",
       {explainingOptions},
       [] { return explain(wantedId); }},
      {"summary",
       "layers, shapes, parameters, MACs, memory",
       "cnnc summary resnet.cnn --set size=64",
       {fileOptions, compilingOptions, summarizingOptions},
       [] { return summary(compile, summaryOptions); }},
      {"draw",
       "a picture: SVG, or an HTML page in which blocks fold",
       "cnnc draw resnet.cnn --network ResNet18 -o resnet18.html",
       {fileOptions, compilingOptions, drawingOptions},
       [] { return draw(compile, drawOptions); }},
      {"train",
       "compile and train in process",
       "cnnc train lenet.cnn --epochs 5 --save lenet.safetensors",
       {fileOptions, compilingOptions, dataOptions, trainingOptions},
       [] { return train(forTraining(compile), trainOptions); }},
      {"eval",
       "loss and metrics on the test data",
       "cnnc eval lenet.cnn --weights lenet.safetensors",
       {fileOptions, compilingOptions, dataOptions, evaluatingOptions},
       [] { return eval(compile, trainOptions); }},
      {"predict",
       "run the network on arrays or pictures",
       "cnnc predict lenet.cnn --weights lenet.safetensors shoe.png",
       {fileOptions, compilingOptions, predictingOptions},
       [] { return predict(compile, predictOptions); }},
      {"bench",
       "time predict or train steps on request: 'run K' on stdin",
       "echo run 100 | cnnc bench lenet.cnn --input image.npy",
       {fileOptions, compilingOptions, timingOptions},
       [] { return bench(compile, benchOptions); }},
      {"profile",
       "time of each layer's kernels, on one thread",
       "cnnc profile resnet.cnn --mode train --batch 64",
       {fileOptions, compilingOptions, profilingOptions},
       [] { return profile(compile, profileOptions); }},
      {"verify",
       "compiled code against the reference, gradients against differences",
       "cnnc verify lenet.cnn",
       {fileOptions, compilingOptions, verifyingOptions},
       [] { return verify(compile, verifyOptions); }},
      {"lsp",
       "the language server for editors, on stdin and stdout",
       "cnnc lsp --stdio",
       {servingOptions},
       [] { return lsp(); }},
      {"completion",
       "print the completion script of a shell",
       "source <(cnnc completion bash)",
       {completingOptions},
       [] { return completion(shell); }},
      {"manual", "print the manual page", "cnnc manual | man -l -", {}, [] { return manual(); }},
  };
  return table;
}

const std::string& givenFile() {
  return compile.file;
}

std::unique_ptr<CLI::App> commandLine() {
  auto cnnc = std::make_unique<CLI::App>(
      "Compiles neural networks from .cnn files to static libraries, and trains and runs them.", "cnnc");
  cnnc->require_subcommand(1);
  cnnc->footer("cnnc FILE.cnn is short for cnnc build FILE.cnn. cnnc VERB --help tells more.");
  cnnc->add_flag_callback(
      "--version",
      [] {
        std::printf("%s\n", versionText().c_str());
        throw CLI::Success();
      },
      "versions of cnnc and what it is built on");
  for (const Verb& verb : verbs()) {
    CLI::App* app = cnnc->add_subcommand(verb.name, verb.help);
    app->footer(std::string("Example: ") + verb.example);
    for (auto addOptions : verb.options) addOptions(*app);
  }
  return cnnc;
}

} // namespace cnn::tools
