//===- picture.cpp - The SVG element of a drawing -----------------------------------------------------===//

#include "summary_to_drawing/picture.h"

#include "summary_to_drawing/text.h"

#include <algorithm>

namespace cnn {
namespace {

constexpr size_t mostBoxes = 40; ///< that a picture shows when nobody says how deep
constexpr int textLeft = 48, textMargin = 10;

class Writer {
public:
  Writer(llvm::raw_ostream& out, const DrawnPicture& picture, PictureKind kind)
      : out(out), picture(picture), network(picture.network), measures(picture.measures),
        folds(kind == PictureKind::folding) {
    auto widen = [&](const Shape& shape) {
      for (size_t i = 2; i < shape.size(); ++i) largestExtent = std::max(largestExtent, shape[i].extent);
    };
    for (const NamedValue& input : network.inputs) widen(input.shape);
    for (const Layer& layer : network.layers) widen(layer.shape);
  }

  void write() { writeInside(picture.root, picture.flow, &picture.placement); }

private:
  llvm::raw_ostream& out;
  const DrawnPicture& picture;
  const NetworkSummary& network;
  const Measures& measures;
  bool folds;
  int64_t largestExtent = 0;

  void text(const char* cssClass, int x, int y, const std::string& content) {
    if (!content.empty())
      out << "<text class=\"" << cssClass << "\" x=\"" << x << "\" y=\"" << y << "\">" << escaped(content)
          << "</text>";
  }

  void rectangle(const char* cssClass, int x, int y, int width, int height) {
    out << "<rect class=\"" << cssClass << "\" x=\"" << x << "\" y=\"" << y << "\" width=\"" << width
        << "\" height=\"" << height << "\" rx=\"6\"/>";
  }

  /// What the operation does to its input decides the colour, so that a new operator has one, too.
  const char* familyOf(const NetworkPart& part) {
    const Layer& layer = network.layers[part.begin];
    if (layer.cost.macs) return layer.shape.size() > 2 ? "convolution" : "linear";
    if (layer.cost.parameters) return "normalisation";
    if (layer.inputs.size() > 1) return "join";
    return isSmall(network, part) ? "activation" : "window";
  }

  void share(int64_t macs, int height) {
    if (network.total.macs <= 0 || macs <= 0) return;
    int width = int(double(measures.boxWidth - 12) * double(macs) / double(network.total.macs) + 0.5);
    if (width > 0)
      out << "<rect class=\"share\" x=\"6\" y=\"" << height - 4 << "\" width=\"" << width
          << "\" height=\"3\"/>";
  }

  void writeLayer(const NetworkPart& part) {
    const Layer& layer = network.layers[part.begin];
    bool small = isSmall(network, part);
    int height = heightOf(network, part, measures), right = measures.boxWidth - textMargin;
    int lower = height - 9; // the last line of text
    bool further = !small && hasSettingsLine(layer);
    rectangle("box", 0, 0, measures.boxWidth, height);
    std::string shape = shortShape(layer.shape);
    out << "<text class=\"name\" x=\"" << textLeft << "\" y=\"19\">" << escaped(layer.operation);
    size_t taken = layer.operation.size() + 14; // beside a label
    std::string settings = shortSettings(layer, !small                       ? lineCharacters
                                                : taken + 3 < lineCharacters ? lineCharacters - taken - 3
                                                                             : 0);
    if (!settings.empty() && !further)
      out << "<tspan class=\"settings\"> " << escaped(settings) << "</tspan>";
    out << "</text>";
    if (further) text("settings", textLeft, 35, settings);
    std::string label = part.label == layer.operation ? "" : part.label;
    if (small) {
      text("label end", right, 19, fitted(label, 18, Keep::back));
      return;
    }
    out << "<g transform=\"translate(6 6)\">";
    writeShapeGlyph(out, layer.shape, largestExtent);
    out << "</g>";
    text("shape end", right, 19, shape);
    std::string cost = shortCost(layer.cost, sharesWeights(network, part));
    size_t left = lineCharacters - std::min(lineCharacters - 8, charactersOf(cost));
    text("label", textLeft, lower, fitted(label, std::min<size_t>(16, left), Keep::back));
    text("cost end", right, lower, cost);
    share(layer.cost.macs, height);
  }

  std::string shapeOfBlock(const Flow& flow) {
    if (flow.outputs.empty()) return "";
    std::string more = flow.outputs.size() > 1 ? " +" + std::to_string(flow.outputs.size() - 1) : "";
    return fitted(sampleShape(shapeOfValue(network, flow.outputs[0].value)), 18, Keep::front) + more;
  }

  /// In a page the box and the header fold and unfold the block.
  void button(const NetworkPart& part, bool open) {
    if (!folds) return;
    out << " role=\"button\" tabindex=\"0\" aria-expanded=\"" << (open ? "true" : "false")
        << "\" aria-label=\"" << escaped(part.path + ", block of " + counted(part.end - part.begin, "layer"))
        << '"';
  }

  void writeFolded(const NetworkPart& part, const Flow& flow) {
    LayerCost cost = costOf(network, part);
    int height = measures.blockHeight, right = measures.boxWidth - textMargin;
    out << "<g class=\"folded\"";
    button(part, false);
    out << '>';
    rectangle("stack", 6, 5, measures.boxWidth - 4, height - 2);
    rectangle("box", 0, 0, measures.boxWidth, height);
    if (!flow.outputs.empty()) {
      out << "<g transform=\"translate(6 7)\">";
      writeShapeGlyph(out, shapeOfValue(network, flow.outputs[0].value), largestExtent);
      out << "</g>";
    }
    text("name", textLeft, 20, fitted(nameOf(part), 20, Keep::back));
    text("shape end", right, 20, shapeOfBlock(flow));
    text("label", textLeft, 38, counted(part.end - part.begin, "layer"));
    text("cost end", right, 38, shortCost(cost, sharesWeights(network, part)));
    share(cost.macs, height);
    out << "</g>";
  }

  /// A band at the top, behind which wires enter.
  void writeHeader(const NetworkPart& part, int width) {
    out << "<g class=\"header\"";
    button(part, true);
    out << '>';
    rectangle("band", 0, 0, width, measures.header);
    text("name", 12, 19, (folds ? "▾ " : "") + fitted(nameOf(part), 20, Keep::back));
    std::string cost = shortCost(costOf(network, part), sharesWeights(network, part));
    text("cost end", measures.boxWidth + measures.padding, 19,
         cost.empty() ? counted(part.end - part.begin, "layer") : cost);
    out << "</g>\n";
  }

  /// Columns of ports, in their order.
  void columns(const char* name, const std::vector<Port>& ports) {
    out << ' ' << name << "=\"";
    for (size_t i = 0; i < ports.size(); ++i) out << (i ? " " : "") << ports[i].column;
    out << '"';
  }

  void writeWires(const Flow& flow, const Placement* placement, bool root) {
    for (const Wire& wire : flow.wires) {
      bool arrow = wire.to != Flow::border || root;
      out << "<path class=\"" << (arrow ? "wire arrow" : "wire") << '"';
      if (folds)
        out << " data-wire=\"" << int64_t(wire.from) << ' ' << wire.fromPort << ' ' << int64_t(wire.to) << ' '
            << wire.toPort << ' ' << wire.lane << '"';
      if (placement) out << " d=\"" << wirePath(flow, *placement, wire) << '"';
      out << "/>\n";
    }
  }

  void writeInside(const NetworkPart& block, const Flow& flow, const Placement* placement) {
    bool root = block.path.empty();
    out << "<g class=\"inside\"";
    if (folds) {
      out << " data-rows=\"" << flow.rows << "\" data-columns=\"" << flow.firstColumn << ' '
          << flow.lastColumn << '"';
      columns("data-inputs", flow.inputs);
      columns("data-outputs", flow.outputs);
    }
    out << ">\n";
    if (!root) {
      rectangle("frame", 0, 0, placement ? placement->width : 0, placement ? placement->height : 0);
      writeHeader(block, placement ? placement->width : 0);
    }
    writeWires(flow, placement, root);
    if (root) {
      for (size_t i = 0; i < flow.inputs.size(); ++i)
        writePort("input", network.inputs[i], flow.inputs[i].column, 0, flow, *placement);
      for (size_t i = 0; i < flow.outputs.size(); ++i)
        writePort("output", network.outputs[i], flow.outputs[i].column, flow.rows - 1, flow, *placement);
    }
    for (size_t i = 0; i < block.parts.size(); ++i)
      writePart(block.parts[i], flow.flows[i], flow.cells[i], placement ? &placement->parts[i] : nullptr);
    out << "</g>\n";
  }

  void writePort(const char* kind, const NamedValue& named, int column, size_t row, const Flow& flow,
                 const Placement& placement) {
    int x = placement.columnAxis[size_t(column - flow.firstColumn)] - measures.portWidth / 2;
    out << "<g class=\"port " << kind << "\" transform=\"translate(" << x << ' ' << placement.rowTop[row]
        << ")\"><title>" << escaped(named.name + "\n" + kind + ": " + shapeText(named.shape))
        << "</title><rect class=\"box\" width=\"" << measures.portWidth << "\" height=\""
        << measures.portHeight << "\" rx=\"15\"/>";
    text("name", 16, 20, fitted(named.name, 12, Keep::front));
    text("shape end", measures.portWidth - 16, 20, fitted(sampleShape(named.shape), 15, Keep::front));
    out << "</g>\n";
  }

  void writePart(const NetworkPart& part, const Flow& flow, const Cell& cell, const Placement* placement) {
    bool open = placement && placement->open;
    out << "<g class=\"part " << (part.isBlock() ? "block" : familyOf(part)) << (open ? " open" : "") << '"';
    if (folds)
      out << " data-path=\"" << escaped(part.path) << "\" data-cell=\"" << cell.row << ' ' << cell.lastRow
          << ' ' << cell.column << '"';
    if (folds && !part.isBlock()) out << " data-height=\"" << heightOf(network, part, measures) << '"';
    if (placement) out << " transform=\"translate(" << placement->x << ' ' << placement->y << ")\"";
    out << "><title>" << escaped(factsOf(network, part)) << "</title>";
    if (!part.isBlock()) {
      writeLayer(part);
    } else {
      if (folds || !open) writeFolded(part, flow);
      if (folds || open) writeInside(part, flow, open ? placement : nullptr);
    }
    out << "</g>\n";
  }
};

} // namespace

DrawnPicture::DrawnPicture(const NetworkSummary& network, int depth)
    : network(network), root(partsOf(network)), flow(flowOf(network, root)),
      placement(
          place(network, root, flow, measures, depth < 0 ? foldingFor(root, mostBoxes) : Folding{depth})) {}

void writePicture(llvm::raw_ostream& out, const DrawnPicture& picture, PictureKind kind,
                  llvm::StringRef style) {
  const Measures& m = picture.measures;
  int width = picture.placement.width, height = picture.placement.height;
  bool folds = kind == PictureKind::folding;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"network\" width=\"" << width << "\" height=\""
      << height << "\" viewBox=\"0 0 " << width << ' ' << height << "\" role=\"" << (folds ? "group" : "img")
      << "\" aria-labelledby=\"drawing-title drawing-totals\"";
  if (folds)
    out << " data-box-width=\"" << m.boxWidth << "\" data-block-height=\"" << m.blockHeight
        << "\" data-port-width=\"" << m.portWidth << "\" data-port-height=\"" << m.portHeight
        << "\" data-header=\"" << m.header << "\" data-padding=\"" << m.padding << "\" data-lane-width=\""
        << m.laneWidth << "\" data-row-gap=\"" << m.rowGap << "\" data-column-gap=\"" << m.columnGap << '"';
  std::string totals;
  for (auto& [number, what] : totalsOf(picture.network))
    totals += (totals.empty() ? "" : ", ") + number + " " + what;
  out << ">\n<title id=\"drawing-title\">" << escaped(picture.network.name)
      << "</title>\n<desc id=\"drawing-totals\">" << escaped(totals) << "</desc>\n";
  if (!style.empty()) out << "<style>\n" << style << "</style>\n";
  out << "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
         "markerHeight=\"7\" "
         "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n";
  Writer(out, picture, kind).write();
  out << "</svg>\n";
}

} // namespace cnn
