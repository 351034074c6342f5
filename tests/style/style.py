"""Checks the source's form and names every place that breaks a rule.

  style.py FOLDER [CLANG_FORMAT]

- C++ is formatted as .clang-format says.
- A file has 450 lines at most, a header 200; a table (.def) has as many as it has entries.
- What is linked into the command has each qualified name of a type once: two types of one name make a program whose
  meaning no compiler checks.
- A function that a header of the compiler or the front end declares is used somewhere.
- A pass has a test of its name in tests/compiler.
- ctest can run each test case by its name: no ';', which ends a name in a list of CMake's, and no '-' in front.

Exit status 1 if anything is found, 77 (skipped) where clang-format is missing and nothing else is found.
"""
import collections
import os
import re
import shutil
import subprocess
import sys

FILE_LINES = 450
HEADER_LINES = 200
# Longer than that, and why. An entry that is no longer needed is an error too.
LONG_FILES = {
    'runtime/abi/include/cnn/abi.h': 'the one border between generated code and runtime',
    'compiler/ast_to_dialect/training/train.cpp': 'older than the rule',
    'tests/onnx/random_graph.cpp': 'one generator, a few lines for each operator',
    'tests/runtime/linear_library.h': 'a generated library, written by hand',
}
SOURCES = ('.cpp', '.h', '.hpp', '.c')
HEADERS = ('.h', '.hpp')
FOLDERS = ('compiler', 'dsl', 'runtime', 'examples', 'tests')
LINKED = ('compiler', 'dsl', 'runtime')
NOT_LINKED = ('compiler/tools/cnn_opt.cpp',)


def files_of(root, folders, endings):
    for folder in folders:
        for path, names, files in os.walk(os.path.join(root, folder)):
            names[:] = sorted(name for name in names if name not in ('node_modules', 'build'))
            for name in sorted(files):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(path, name), root)


def text_of(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        return file.read()


def unformatted(root, clang_format):
    files = list(files_of(root, FOLDERS, SOURCES))
    for start in range(0, len(files), 100):
        run = subprocess.run([clang_format, '--dry-run', *files[start:start + 100]], cwd=root, text=True,
                             stderr=subprocess.PIPE, check=False)
        lines = re.findall(r'^(\S+?):(\d+):\d+: warning: code should be clang-formatted', run.stderr, re.MULTILINE)
        first = {}
        for path, line in lines:
            first.setdefault(path, line)
        for path, line in first.items():
            yield f'{path}:{line}: not formatted; run {os.path.basename(clang_format)} -i on it'
        if run.returncode != 0 and not first:
            yield f'{clang_format} failed: {run.stderr.strip()}'


def too_long(root):
    needed = set()
    for path in files_of(root, FOLDERS, SOURCES + ('.td', '.py', '.sh')):
        lines = text_of(root, path).count('\n')
        limit = HEADER_LINES if path.endswith(HEADERS) else FILE_LINES
        if lines <= limit:
            continue
        needed.add(path)
        if path not in LONG_FILES:
            kind = 'header' if limit == HEADER_LINES else 'file'
            yield f'{path}: {lines} lines, and a {kind} has {limit} at most; a file is one idea'
    for path in LONG_FILES:
        if os.path.exists(os.path.join(root, path)) and path not in needed:
            yield f'{path}: short enough, and need not be listed in LONG_FILES of tests/style/style.py'


BLANKED = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
                     r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:\\\n|[^\n])*", re.DOTALL | re.MULTILINE)
BRACE = re.compile(r'[{};]')
TYPE = re.compile(r'\b(?:struct|class|union|enum(?:\s+class|\s+struct)?)\s+(?:\[\[[^\]]*\]\]\s*|alignas\([^)]*\)\s*)*'
                  r'([A-Za-z_][\w:]*)\s*(?:final\s*)?(?::(?!:)[^;{}()]*(?:\([^;{}]*\)[^;{}()]*)*)?$')


def bare(text):
    """The text without comments, literals and directives, its lines kept."""
    return BLANKED.sub(lambda match: re.sub(r'[^\n]+', ' ', match.group()), text)


def types_of(text):
    """(line, qualified name) of every type with linkage that the text defines, templates' specialisations left out."""
    text = bare(text)
    scopes = []  # a part of a name, '' for what adds none, None for what hides its inside
    start = 0
    for match in BRACE.finditer(text):
        head, mark = text[start:match.start()], match.group()
        start = match.end()
        if mark == '}':
            if scopes:
                scopes.pop()
        elif mark == '{':
            head = head.strip()
            namespace = re.search(r'(?:^|\s)namespace\b\s*((?:inline\s+)?[\w:]*)\s*$', head)
            kind = TYPE.search(head)
            if namespace:
                scopes.append(namespace.group(1).strip() or None)
            elif re.search(r'extern\s*$', head):
                scopes.append('')
            elif kind and not re.search(r'[=(,]\s*$|\breturn\b', head[:kind.start()]):
                name = kind.group(1)
                if None not in scopes:
                    line = text.count('\n', 0, match.start()) + 1
                    yield line, '::'.join([part for part in scopes if part] + [name])
                scopes.append(name)
            else:
                scopes.append(None)


def defined_twice(root):
    places = collections.defaultdict(dict)
    for path in files_of(root, LINKED, SOURCES):
        if path in NOT_LINKED:
            continue
        for line, name in types_of(text_of(root, path)):
            places[name].setdefault(path, line)
    for name, found in sorted(places.items()):
        if len(found) > 1:
            at = ', '.join(f'{path}:{line}' for path, line in found.items())
            yield f'{at}: type {name} is defined {len(found)} times in one program; give each a name of its own'


DECLARED = re.compile(r'^(?!\s*(?:return|else|using|typedef|friend|throw|delete|new)\b)[ \t]*'
                      r'(?:\[\[nodiscard\]\]\s*)?[\w:<>,&*\s]*[\w>&*]\s+[&*]*([a-z]\w+)\(', re.MULTILINE)


def unused(root):
    words = collections.Counter()
    for path in files_of(root, FOLDERS, SOURCES + ('.td', '.def', '.in')):
        words.update(re.findall(r'[A-Za-z_]\w*', bare(text_of(root, path)) if path.endswith(SOURCES)
                                else text_of(root, path)))
    for path in files_of(root, ('compiler', 'dsl'), HEADERS):
        text = bare(text_of(root, path))
        for match in DECLARED.finditer(text):
            name = match.group(1)
            end = text.find('\n', match.end())
            defined = re.search(r'\)[^;{]*\{', text[match.end():end if end >= 0 else None]) is not None
            if words[name] <= (1 if defined else 2):
                line = text.count('\n', 0, match.start(1)) + 1
                yield f'{path}:{line}: nothing calls {name}'


def untested_passes(root):
    tests = {os.path.splitext(os.path.basename(path))[0]: path for path in files_of(root, ('tests/compiler',), '.mlir')}
    for path in files_of(root, ('compiler',), '.td'):
        for name in re.findall(r':\s*Pass<"([\w-]+)"', text_of(root, path)):
            wanted = name.removeprefix('cnn-').replace('-', '_')
            if wanted not in tests:
                yield f'{path}: the pass {name} has no test tests/compiler/…/{wanted}.mlir'
            elif not re.search(rf'RUN:.*--{name}\b', text_of(root, tests[wanted])):
                yield f'{tests[wanted]}: no RUN line has --{name}'


def unnamable_cases(root):
    for path in files_of(root, ('tests',), ('.cpp',)):
        for case in re.finditer(r'\bTEST_CASE\(\s*((?:"(?:\\.|[^"\\\n])*"\s*)+)', text_of(root, path)):
            name = ''.join(re.findall(r'"((?:\\.|[^"\\\n])*)"', case.group(1)))
            if ';' in name or name.startswith('-'):
                line = text_of(root, path).count('\n', 0, case.start()) + 1
                yield f"{path}:{line}: ctest cannot run a case by the name '{name}'"


def findings(root, clang_format):
    if clang_format:
        yield from unformatted(root, clang_format)
    for check in (too_long, defined_twice, unused, untested_passes, unnamable_cases):
        yield from check(root)


def main():
    root = sys.argv[1]
    clang_format = shutil.which(sys.argv[2] if len(sys.argv) > 2 else 'clang-format-22')
    found = list(findings(root, clang_format))
    for line in found:
        print(line)
    if found:
        sys.exit(1)
    if not clang_format:
        print('skipped: there is no clang-format-22 here; ./setup.sh --dev installs it')
        sys.exit(77)


if __name__ == '__main__':
    main()
