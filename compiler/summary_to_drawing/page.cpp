//===- page.cpp - Whole files: SVG and HTML -----------------------------------------------------------===//

#include "summary_to_drawing/drawing.h"

#include "summary_to_drawing/assets.h"
#include "summary_to_drawing/picture.h"
#include "summary_to_drawing/text.h"

namespace cnn {

std::string drawSvg(const NetworkSummary& network, const DrawingOptions& options) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  llvm::raw_string_ostream out(text);
  writePicture(out, DrawnPicture(network, options.depth), PictureKind::still, drawingStyle);
  return text;
}

std::string drawPage(const NetworkSummary& network, const DrawingOptions& options) {
  std::string text, name = escaped(network.name);
  llvm::raw_string_ostream out(text);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
      << name << "</title>\n<style>\n"
      << drawingStyle << pageStyle << "</style>\n</head>\n<body>\n<header>\n<h1>" << name
      << "</h1>\n<ul aria-label=\"Totals\">";
  for (auto& [number, what] : totalsOf(network))
    out << "<li><b>" << escaped(number) << "</b> " << escaped(what) << "</li>";
  out << "</ul>\n<nav aria-label=\"Drawing\">\n"
         "<input type=\"search\" placeholder=\"Search paths: Enter\" aria-label=\"Search by path or "
         "operation\">\n"
         "<button id=\"fold\">Fold all</button>\n<button id=\"unfold\">Unfold all</button>\n"
         "<button id=\"smaller\" aria-label=\"Zoom out\">−</button>\n<button id=\"larger\" aria-label=\"Zoom "
         "in\">+</button>\n"
         "<button id=\"whole\">Fit</button>\n</nav>\n</header>\n<main id=\"canvas\" tabindex=\"0\" "
         "aria-label=\"The network\">\n";
  writePicture(out, DrawnPicture(network, options.depth), PictureKind::folding, "");
  out << "</main>\n<aside aria-live=\"polite\" aria-label=\"The chosen part\"></aside>\n<script>\n"
      << pageScript << "</script>\n</body>\n</html>\n";
  return text;
}

} // namespace cnn
