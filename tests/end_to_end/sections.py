#!/usr/bin/env python3
"""sections.py CNNC: budgets of memory to the byte, and what kernels sections change."""
import json
import pathlib
import subprocess
import sys
import tempfile

NETWORK = """network Net {
  input image: f32[N, 3, 24, 24]
  let x = image |> conv(32, 3, padding = 1) @stem |> batch_norm |> relu |> conv(32, 3, padding = 1) @mid |> relu
  output logits = x |> conv(16, 5, stride = 2) @down |> relu |> flatten |> linear(10) @fc
}
train Net {
  input label: i32[N]
  loss = cross_entropy(logits, label)
  optimizer = adam()
  batch = 40
  ema = 0.9
  phase one { accumulate = 2 }
}
"""
failures = 0
cnnc = sys.argv[1]
folder = tempfile.TemporaryDirectory()
file = pathlib.Path(folder.name) / "net.cnn"


def expect(right, what):
    global failures
    if not right:
        failures += 1
        print("FAILED:", what)


def run(sections, *arguments):
    """Standard output and errors of cnnc on the network with the sections."""
    file.write_text(NETWORK + sections)
    done = subprocess.run([cnnc, *arguments, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    expect(done.returncode in (0, 1), f"{arguments} with {sections}: exit status {done.returncode}")
    return done.stdout.decode(), done.stderr.decode()


def emitted(sections, stage, *arguments):
    text, errors = run(sections, "build", f"--emit={stage}", *arguments)
    expect(not errors, f"{stage} of {sections}: {errors}")
    return text


def errors_of(sections, *arguments):
    return run(sections, *arguments)[1]


def summary(*arguments, sections=""):
    return json.loads(run(sections, "summary", "--json", *arguments)[0])["networks"][0]


def budgets_are_exact():
    for machine in ("x86-64", "x86-64-avx2", "x86-64-avx512"):
        figures = summary("--target", machine)
        for limit in ("inference_memory", "training_memory"):
            bytes_ = figures[limit]
            section = 'budget Net for "%s" { %s = %d }\n'
            expect(not errors_of(section % (machine, limit, bytes_), "check"), f"{limit} for {machine}: as much as it needs")
            errors = errors_of(section % (machine, limit, bytes_ - 1), "check")
            expect(f"error[E0611]: {limit} of 'Net' is {bytes_:,} bytes, more than its budget of {bytes_ - 1:,}" in errors,
                   f"{limit} for {machine}: a byte less than {bytes_:,}:\n{errors}")


def every_machine_is_checked():
    errors = errors_of("".join('budget Net %s { inference_memory = 1 }\n' % machine for machine in
                               ("", 'for "arm-64"', 'for "x86-64-avx2"')), "check")
    expect(errors.count("E0611") == 3, f"three budgets, three errors:\n{errors}")
    errors = errors_of('kernels Net { "mid" = direct(tile = [2, 8]) }\n'
                       'budget Net for "x86-64-avx2" { inference_memory = 1GiB }\n', "check")
    expect("x86-64-avx2 has 16" in errors, f"a tile that the budget's machine has no registers for:\n{errors}")


def figures_add_up():
    figures = summary()
    arena = figures["inference"]
    expect(figures["inference_memory"] == arena["arena_bytes"] + arena["constant_bytes"] + figures["prepared_bytes"],
           "inference_memory is arena and prepared weights")
    training = figures["training"]
    blocks = -(-figures["training_batch"] // training["samples"])
    beside = figures["training_memory"] - training["arena_bytes"] * blocks - training["constant_bytes"]
    floats = figures["total"]["parameters"]
    statistics = figures["total"]["parameter_bytes"] // 4 - floats
    # Gradients, two moments, sums of gradients; averages of statistics too. Each tensor begins at a multiple of 64 bytes.
    least = 4 * (5 * floats + statistics)
    expect(figures["training_batch"] == 40 and least <= beside < least + 5 * 64 * 16,
           f"training_memory beside the arena is {beside}, expected {least} and little more")


def errors_name_tensors():
    errors = errors_of("budget Net { inference_memory = 1KiB }\n", "check")
    expect("relu1 (relu): " in errors, f"the largest tensor:\n{errors}")
    expect("(packed weights)" in errors and " more, " in errors, f"weights and the rest:\n{errors}")
    found = json.loads(run("budget Net { training_memory = 1KiB }\n", "check", "--json")[0])["diagnostics"]
    expect([d["id"] for d in found] == ["E0611"] and len(found[0]["secondary"]) == 4, f"as JSON: {found}")
    expect(any("a batch of 40" in str(note) for note in found[0]["notes"]), f"the batch: {found[0]['notes']}")


def budgets_are_for_what_is_built():
    small = 'budget Net for "x86-64-avx2" { inference_memory = 1 }\n'
    expect(not errors_of(small, "build", "--emit=cnn", "--target", "x86-64-avx512"), "another machine's budget is left out")
    expect("E0611" in errors_of(small, "build", "--emit=cnn", "--target", "x86-64-avx2"), "the machine's own is not")
    training = "budget Net { training_memory = 1 }\n"
    expect(not errors_of(training, "build", "--emit=cnn", "--predict-only"), "no training, no budget of it")
    expect("E0611" in errors_of(training, "summary"), "every command checks")


def kernels_sections_choose():
    def symbols(sections):
        plan = emitted(sections, "schedule", "--target", "x86-64-avx512")
        return {word.rstrip(":") for word in plan.replace("(", " ").split() if word.startswith("k_")}

    plain = symbols("")
    expect(symbols("kernels Net { conv = auto }\n") == plain, "auto is what the compiler does")
    expect(symbols('kernels Net { conv = direct; "mid" = winograd(2); conv = auto }\n') == plain, "later lines win")
    expect(symbols('kernels Net { "stem" = direct }\nkernels Net { "stem" = auto }\n') == plain, "later sections win")
    expect(symbols('kernels Net for "x86-64-avx2" { conv = direct }\n') == plain, "another machine's section is left out")
    chosen = [symbols('kernels Net { "mid" = %s }\n' % text)
              for text in ("winograd(2)", "direct", "direct(tile = [1, 4])", "direct(tile = [1, 4, 2])")]
    for i, each in enumerate(chosen):
        expect(each != plain and all(each != other for other in chosen[:i]), f"choice {i} makes kernels of its own")
    section = 'kernels Net for "x86-64-avx512" { "stem" = winograd(4); "down" = direct(tile = [1, 5]) }\n'
    for stage in ("cnn", "groups"):
        text = emitted(section, stage, "--target", "x86-64-avx512")
        for attribute in ('#cnn.schedule<"winograd", {outputs = 4 : i64}>', 'direct", {tile = array<i64: 1, 5, 1>}>'):
            expect(attribute in text, f"{attribute} in --emit={stage}")
        expect("cnn.schedule" not in emitted(section, stage, "--target", "x86-64-avx2"), f"{stage} for another machine")
    expect("x = 5 y = 1" in emitted(section, "schedule", "--target", "x86-64-avx512"), "the tile is obeyed")


def kernels_sections_verify():
    out, errors = run('kernels Net { "stem" = winograd(4); "mid" = direct; "down" = direct(tile = [1, 3, 2]) }\n', "verify",
                      "--cache", f"{folder.name}/cache")
    expect("comparisons hold" in out, f"verify:\n{out}{errors}")


for test in (budgets_are_exact, every_machine_is_checked, figures_add_up, errors_name_tensors, budgets_are_for_what_is_built, kernels_sections_choose,
             kernels_sections_verify):
    test()
sys.exit(1 if failures else 0)
