/// Train sections: first values, phases, ends, changes of pictures.
#include "elaborated.h"

#include <catch2/catch.hpp>

using namespace cnn;
using test::Elaborated;

/// A small network with a body and a head, and its training with these lines.
static std::string recipe(const std::string& lines) {
  return "network Tuned {\n  input image: f32[N, 1, 8, 8]\n"
         "  let body = image |> (conv(4, 3) |> batch_norm |> relu |> flatten |> linear(6)) @body\n"
         "  output logits = body |> linear(3) @head\n}\n"
         "train Tuned {\n  input label: i32[N]\n  loss = cross_entropy(logits, label)\n"
         "  metric top1 = accuracy(logits, label)\n  optimizer = sgd(lr = 0.1)\n" +
         lines + "}\n";
}

TEST_CASE("weights of a train section name a file and a part of the network") {
  Elaborated tuned(
      recipe("  weights = load(\"a.safetensors\", into = \"body\", except = [\"4\", \"*.bias\"])\n"));
  CHECK(tuned.errors() == "");
  CHECK(tuned.training("Tuned", "weights") ==
        "{arguments = [{name = \"except\", value = \"[4, *.bias]\"}, {name = \"file\", value = "
        "\"a.safetensors\"}, {name = \"into\", value = \"body\"}], name = \"load\"}");
  CHECK(Elaborated(recipe("  weights = load(\"a.safetensors\", into = \"bod\")\n")).errors() ==
        "E0602 11:35");
  CHECK(Elaborated(recipe("  weights = \"a.safetensors\"\n")).errors() == "E0701 11:13");
}

TEST_CASE("phases hold what they say themselves, and what each leaves alone") {
  Elaborated tuned(recipe("  freeze = [\"body.0\"]\n  group [\"*.bias\"] { weight_decay = 0 }\n"
                          "  phase head { epochs = 3; freeze = except(\"head\") }\n"
                          "  phase tail { schedule = cosine(); group [\"body\"] { lr_scale = 0.5 } }\n"));
  CHECK(tuned.errors() == "");
  // body.0 is frozen in both phases and so by itself; the batch norm's statistics only in the first.
  CHECK(
      tuned.training("Tuned", "phases") ==
      "[{epochs = 3 : i64, frozen = [\"body.1.weight\", \"body.1.bias\", \"body.1.running_mean\", "
      "\"body.1.running_var\", \"body.4.weight\", \"body.4.bias\"], name = \"head\"}, "
      "{frozen = [], groups = [{lr_scale = 5.000000e-01 : f64, parameters = [\"body.0.weight\", "
      "\"body.1.weight\", \"body.4.weight\"]}, {lr_scale = 5.000000e-01 : f64, parameters = "
      "[\"body.0.bias\", "
      "\"body.1.bias\", \"body.4.bias\"], weight_decay = 0.000000e+00 : f64}, {parameters = [\"head.bias\"], "
      "weight_decay = 0.000000e+00 : f64}], name = \"tail\", schedule = {kind = \"cosine\", min_lr = "
      "0.000000e+00 : f64, warmup = 0.000000e+00 : f64}}]");
  CHECK(Elaborated(
            recipe("  freeze = [\"body\"]\n  phase a { freeze = [\"body\", \"head\"] }\n  phase b { }\n"))
            .errors() == "E0701 12:22");
  CHECK(Elaborated(recipe("  phase a { batch = 2 }\n  phase a { batch = 3 }\n")).errors() == "E0208 12:9");
}

TEST_CASE("stop watches a metric or the loss, wherever it stands") {
  Elaborated tuned(recipe("  stop = patience(loss, 4)\n  validation = 0.2; accumulate = 3; ema = 0.9\n"
                          "  phase a { let few = 2; stop = patience(top1, few) }\n  phase b { }\n"));
  CHECK(tuned.errors() == "");
  CHECK(tuned.training("Tuned", "stop") == "{epochs = 4 : i64, metric = 0 : i64}");
  CHECK(tuned.training("Tuned", "phases").find("stop = {epochs = 2 : i64, metric = 1 : i64}") !=
        std::string::npos);
  CHECK(tuned.training("Tuned", "accumulate") == "3 : i64");
  CHECK(tuned.training("Tuned", "ema") == "9.000000e-01 : f64");
  CHECK(Elaborated(recipe("  stop = patience(top1, 2)\n")).errors() == "E0700 11:10");
  CHECK(Elaborated(recipe("  validation = 0.1; stop = patience(logits, 2)\n")).errors() == "E0701 11:28");
  CHECK(Elaborated(recipe("  validation = 0.1; stop = patience(loss, 0)\n")).errors() == "E0701 11:28");
  CHECK(Elaborated(recipe("  validation = 0.1; stop = 3\n")).errors() == "E0701 11:28");
}

TEST_CASE("augment changes pictures and masks of one size") {
  auto text = [](const std::string& line) {
    return "network A {\n  input scale: f32[N, 1]\n  input photo: f32[N, 3, 8, 8]\n"
           "  output y = photo |> flatten |> linear(3)\n}\ntrain A {\n  input mask: i32[N, 8, 8]\n"
           "  input small: i32[N, 4, 4]\n  input label: i32[N]\n  loss = cross_entropy(y, label)\n"
           "  optimizer = sgd(lr = 0.1)\n  augment " +
           line + "\n}\n";
  };
  Elaborated pair(text("[photo, mask] = random_resized_crop(8) |> random_hflip"));
  CHECK(pair.errors() == "W0601 2:9, W0601 7:9, W0601 8:9"); // inputs that the loss does without
  CHECK(pair.training("A", "augments") ==
        "[{arguments = [{name = \"size\", value = \"8\"}], inputs = [1, 2], name = \"random_resized_crop\"}, "
        "{arguments = [], inputs = [1, 2], name = \"random_hflip\"}]");
  CHECK(Elaborated(text("label = random_hflip")).errors() == "E0300 12:11");
  CHECK(Elaborated(text("scale = random_hflip")).errors() == "E0300 12:11");
  CHECK(Elaborated(text("[photo, small] = random_hflip")).errors() == "E0300 12:19");
}
