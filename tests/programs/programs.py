#!/usr/bin/env python3
"""programs.py RANDOM_PROGRAMS CNNC SOURCE_DIR CC CXX COUNT SEED: what `cnnc check` passes, every other verb takes.

COUNT random programs go through check, build, a syntax check of their headers in C11 and C++20 (and by clang++ where there
is one), and verify. The programs are put together to files, so that a process does many of them; where a file fails, its
programs are tried one by one to name the one at fault.
"""
import os, shutil, subprocess, sys, tempfile

printer, cnnc, source = map(os.path.abspath, sys.argv[1:4])
cc, cxx = sys.argv[4:6]
count, seed = int(sys.argv[6]), sys.argv[7]
clang = shutil.which("clang++") or shutil.which("clang++-22")
TOGETHER = 50  # programs of a file
HEADERS = 500  # headers of a source file
failures = []


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout


def programs():
    """(name, settings, text) of each."""
    status, printed = run(printer, str(count), seed)
    if status:
        sys.exit(f"random_programs: exit status {status}")
    for part in printed.split("//// ")[1:]:
        head, text = part.split("\n", 1)
        name, *settings = head.split()
        yield name, settings, text


def cnnc_on(verb, file, some, *options):
    settings = [setting for _, settings, _ in some for setting in settings]
    return run(cnnc, verb, file, *options, *(["--set", *settings] if settings else []))


def write(file, some):
    with open(file, "w", encoding="utf-8") as out:
        out.write("".join(text for _, _, text in some))


def report(what, program, status, output):
    failures.append((what, program[0]))
    print(f"FAILED: {what} of {program[0]}: exit status {status}\n{output[-3000:]}\n{program[2]}", flush=True)


def all_pass(what, verb, some, *options):
    """The programs that pass; the others are reported."""
    write("together.cnn", some)
    if cnnc_on(verb, "together.cnn", some, *options)[0] == 0:
        return some
    good = []
    for program in some:
        write("alone.cnn", [program])
        status, output = cnnc_on(verb, "alone.cnn", [program], *options)
        if status == 0:
            good.append(program)
        else:
            report(what, program, status, output)
    if len(good) == len(some):
        report(what + " together", ("all", [], ""), 1, cnnc_on(verb, "together.cnn", some, *options)[1])
    return good


def check(some):
    """What check refuses is no program; that it refuses it must be its own message, and no crash."""
    write("together.cnn", some)
    if cnnc_on("check", "together.cnn", some)[0] == 0:
        return some
    good = []
    for program in some:
        write("alone.cnn", [program])
        status, output = cnnc_on("check", "alone.cnn", [program])
        if status == 0:
            good.append(program)
        elif status != 1 or "error[" not in output:
            report("check", program, status, output)
        else:
            print(f"{program[0]} is no program: {output.splitlines()[0]}")
    return good


def headers(libraries):
    """One source file with all headers, for each compiler."""
    compilers = [(cc, "c", ["-std=c11"]), (cxx, "cpp", ["-std=c++20"])]
    if clang:
        compilers.append((clang, "cpp", ["-std=c++20"]))
    include = [f"-I{source}/runtime/include", f"-I{source}/runtime/abi/include"]
    for at in range(0, len(libraries), HEADERS):
        part = libraries[at : at + HEADERS]
        for compiler, language, options in compilers:
            ending = ".h" if language == "c" else ".hpp"
            with open("headers." + language, "w", encoding="utf-8") as out:
                out.write("".join(f'#include "{path}{ending}"\n' for path in part) + "int main(void) { return 0; }\n")
            status, output = run(compiler, *options, *include, "-I.", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                                 "headers." + language)
            if status:
                failures.append(("headers", compiler))
                print(f"FAILED: headers by {compiler}\n{output[:4000]}", flush=True)


def main():
    os.chdir(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
    cache = ["--cache", os.path.abspath("cache"), "-j", "1"]
    everything, libraries, passed, verified = list(programs()), [], 0, 0
    for at in range(0, len(everything), TOGETHER):
        some = check(everything[at : at + TOGETHER])
        passed += len(some)
        folder = f"out{at}"
        built = all_pass("build", "build", some, "-o", folder, *cache)
        if os.path.isdir(folder):
            libraries += [f"{folder}/{name[:-4]}" for name in sorted(os.listdir(folder)) if name.endswith(".hpp")]
        verified += len(all_pass("verify", "verify", built, "--batch", "3", *cache))
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            if name.endswith(".a"):
                os.remove(f"{folder}/{name}")
    headers(libraries)
    print(f"{len(everything)} programs, seed {seed}: check passes {passed}, {len(libraries)} built, {verified} verified")
    if passed < 0.9 * len(everything):
        failures.append(("check", "too many programs are refused"))
    if len(libraries) != passed:
        failures.append(("build", "not every program has its library"))
    for what, name in failures:
        print(f"FAILED: {what}: {name}")
    here = os.getcwd()
    os.chdir("/")
    shutil.rmtree(here)
    if not failures and not clang:
        print("skipped in part: there is no clang++ here; ./setup.sh --dev installs it")
    sys.exit(1 if failures else 0 if clang else 77)


main()
