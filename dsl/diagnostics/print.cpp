#include "dsl/diagnostics/diagnostics.h"

#include <algorithm>
#include <map>

namespace cnn {

namespace {

/// Long lines are cut around the marked range, as a terminal is not wider.
constexpr size_t maxLineWidth = 160;

struct Colours {
  const char *error = "", *warning = "", *note = "", *bold = "", *reset = "";
};

/// Appends one character so that it takes a known number of columns: control characters and ill-formed bytes
/// must not reach a terminal.
size_t appendVisible(std::string& shown, std::string_view character) {
  unsigned char first = static_cast<unsigned char>(character[0]);
  if (first == '\t') {
    shown += "    ";
    return 4;
  }
  if (first < 0x20 || first == 0x7F || utf8SequenceLength(character) == 0) {
    shown += "\xEF\xBF\xBD"; // U+FFFD
    return 1;
  }
  shown += character;
  return 1;
}

class TextPrinter {
public:
  TextPrinter(const SourceManager& sources, bool colour) : sources(sources) {
    if (colour) colours = {"\033[1;31m", "\033[1;33m", "\033[1;36m", "\033[1m", "\033[0m"};
  }

  void print(const Diagnostic& diagnostic) {
    position(diagnostic.span);
    const DiagnosticInfo& row = info(diagnostic.diag);
    bool warns = row.severity() == Severity::Warning;
    mainColour = warns ? colours.warning : colours.error;
    out += mainColour + std::string(warns ? "warning[" : "error[") + std::string(row.id) + "]" +
           colours.reset + ": " + colours.bold + diagnostic.message + colours.reset + "\n";
    excerpt(diagnostic.span, '^', diagnostic.labelText);
    for (const Note& mark : diagnostic.secondarySpans) {
      if (!sameLine(mark.span, diagnostic.span)) where(mark.span);
      excerpt(mark.span, '-', mark.text);
    }
    for (const Note& note : diagnostic.noteList) {
      position(note.span);
      out += std::string(colours.note) + "note" + colours.reset + ": " + note.text + "\n";
      excerpt(note.span, '^', "");
    }
    for (const FixIt& fixIt : diagnostic.fixIts) fix(fixIt);
  }

  std::string out;

private:
  void position(Span span) {
    if (!span.valid()) return;
    LineColumn at = sources.lineColumn(span);
    out +=
        sources.file(span.file).name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  }

  void where(Span span) {
    LineColumn at = sources.lineColumn(span);
    out += "      --> " + sources.file(span.file).name + ":" + std::to_string(at.line) + ":" +
           std::to_string(at.column) + "\n";
  }

  bool sameLine(Span a, Span b) const {
    return a.valid() && b.valid() && a.file == b.file &&
           sources.lineColumn(a).line == sources.lineColumn(b).line;
  }

  /// The line of `span` with marks below it; a range over several lines is marked to the end of the first.
  void excerpt(Span span, char mark, const std::string& label) {
    if (!span.valid()) return;
    uint32_t line = sources.lineColumn(span).line;
    std::string_view text = sources.lineText(span.file, line);
    size_t begin = std::min<size_t>(span.begin - sources.file(span.file).lineStarts[line - 1], text.size());
    size_t end = std::clamp<size_t>(begin + (span.end - span.begin), begin, text.size());

    bool cutFront = false, cutBack = false;
    if (text.size() > maxLineWidth) {
      size_t from = begin > maxLineWidth / 2 ? begin - maxLineWidth / 2 : 0;
      while (from > 0 && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) --from;
      cutFront = from > 0;
      cutBack = text.size() - from > maxLineWidth;
      text = text.substr(from, maxLineWidth);
      begin -= from;
      end = std::min(end - from, text.size());
    }
    std::string shown = cutFront ? "…" : "";
    size_t indent = cutFront ? 1 : 0, width = 0;
    for (size_t i = 0; i < text.size();) {
      size_t length = std::max<size_t>(1, utf8SequenceLength(text.substr(i)));
      size_t columns = appendVisible(shown, text.substr(i, length));
      if (i < begin)
        indent += columns;
      else if (i < end)
        width += columns;
      i += length;
    }
    if (cutBack) shown += "…";
    std::string number = std::to_string(line);
    std::string gutter(number.size() < 5 ? 5 - number.size() : 0, ' ');
    out += gutter + number + " | " + shown + "\n";
    out += std::string(gutter.size() + number.size(), ' ') + " | " + std::string(indent, ' ') + mainColour +
           std::string(std::max<size_t>(width, 1), mark) + colours.reset +
           (label.empty() ? "" : " " + label) + "\n";
  }

  void fix(const FixIt& fixIt) {
    out += std::string(colours.note) + (fixIt.sure ? "fix" : "suggestion") + colours.reset + ": " +
           fixIt.message + "\n";
    const std::vector<Edit>& edits = fixIt.edits;
    if (edits.empty()) return;
    uint32_t line = sources.lineColumn(edits.front().span).line;
    for (const Edit& edit : edits)
      if (!sameLine(edit.span, edits.front().span) || edit.text.find('\n') != std::string::npos) return;
    std::string_view before = sources.lineText(edits.front().span.file, line);
    if (before.size() > maxLineWidth) return;
    std::string text(before);
    uint32_t start = sources.file(edits.front().span.file).lineStarts[line - 1];
    std::vector<Edit> ordered = edits;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
    for (const Edit& edit : ordered) {
      size_t at = std::min<size_t>(edit.span.begin - start, text.size());
      text.replace(at, edit.span.end - edit.span.begin, edit.text);
    }
    out += "      + " + visibleText(text) + "\n";
  }

  const SourceManager& sources;
  Colours colours;
  std::string mainColour; ///< of the diagnostic that is being printed
};

class JsonPrinter {
public:
  explicit JsonPrinter(const SourceManager& sources) : sources(sources) {}

  void print(const Diagnostic& diagnostic) {
    const DiagnosticInfo& row = info(diagnostic.diag);
    out += "{\"id\": " + quoted(row.id) + ", \"name\": " + quoted(row.name) + ", \"severity\": \"" +
           (row.severity() == Severity::Warning ? "warning" : "error") +
           "\", \"message\": " + quoted(diagnostic.message);
    place(diagnostic.span);
    out += ", \"label\": " + quoted(diagnostic.labelText) + ", \"secondary\": ";
    notes(diagnostic.secondarySpans);
    out += ", \"notes\": ";
    notes(diagnostic.noteList);
    out += ", \"fixes\": [";
    for (const FixIt& fix : diagnostic.fixIts) {
      if (&fix != &diagnostic.fixIts.front()) out += ", ";
      out += "{\"message\": " + quoted(fix.message) + ", \"sure\": " + (fix.sure ? "true" : "false") +
             ", \"edits\": [";
      for (const Edit& edit : fix.edits) {
        if (&edit != &fix.edits.front()) out += ", ";
        out += "{\"text\": " + quoted(edit.text);
        place(edit.span);
        out += "}";
      }
      out += "]}";
    }
    out += "]}";
  }

  std::string out;

private:
  void notes(const std::vector<Note>& list) {
    out += "[";
    for (const Note& note : list) {
      if (&note != &list.front()) out += ", ";
      out += "{\"message\": " + quoted(note.text);
      place(note.span);
      out += "}";
    }
    out += "]";
  }

  void place(Span span) {
    if (!span.valid()) return;
    auto point = [&](uint32_t offset) {
      LineColumn at = sources.lineColumn(span.file, offset);
      return "{\"line\": " + std::to_string(at.line) + ", \"column\": " + std::to_string(at.column) +
             ", \"offset\": " + std::to_string(offset) + "}";
    };
    out += ", \"file\": " + quoted(sources.file(span.file).name) +
           ", \"range\": {\"start\": " + point(span.begin) + ", \"end\": " + point(span.end) + "}";
  }

  /// Ill-formed UTF-8 becomes U+FFFD, so that the output is always valid JSON.
  static std::string quoted(std::string_view text) {
    static const char* hex = "0123456789abcdef";
    std::string result = "\"";
    for (size_t i = 0; i < text.size();) {
      size_t length = utf8SequenceLength(text.substr(i));
      unsigned char c = static_cast<unsigned char>(text[i]);
      if (length == 0)
        result += "\\ufffd";
      else if (c == '"' || c == '\\')
        result += {'\\', static_cast<char>(c)};
      else if (c == '\n')
        result += "\\n";
      else if (c < 0x20 || c == 0x7F)
        result += {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      else
        result += text.substr(i, length);
      i += std::max<size_t>(1, length);
    }
    return result + "\"";
  }

  const SourceManager& sources;
};

} // namespace

std::string visibleText(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    size_t length = std::max<size_t>(1, utf8SequenceLength(text));
    if (text[0] == '\n')
      shown += '\n';
    else
      appendVisible(shown, text.substr(0, length));
    text.remove_prefix(length);
  }
  return shown;
}

std::string toText(const DiagnosticEngine& engine, bool colour) {
  TextPrinter printer(engine.sourceManager(), colour);
  std::vector<const Diagnostic*> list = engine.sorted();
  for (const Diagnostic* diagnostic : list) printer.print(*diagnostic);
  if (engine.overflowing() > 0)
    printer.out += "note: " + std::to_string(engine.overflowing()) + " further errors are not shown\n";
  return printer.out;
}

std::string toJson(const DiagnosticEngine& engine) {
  JsonPrinter printer(engine.sourceManager());
  printer.out = "{\"version\": 1, \"diagnostics\": [";
  bool first = true;
  for (const Diagnostic* diagnostic : engine.sorted()) {
    printer.out += first ? "\n  " : ",\n  ";
    first = false;
    printer.print(*diagnostic);
  }
  return printer.out + "\n]}\n";
}

} // namespace cnn
