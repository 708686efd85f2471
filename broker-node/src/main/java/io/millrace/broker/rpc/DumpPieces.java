package io.millrace.broker.rpc;

import io.millrace.metadata.image.MetadataCursor;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataTree.Leaf;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.MetadataValue;
import io.millrace.proto.v1.NumberList;
import io.millrace.proto.v1.TextList;
import java.util.List;
import java.util.Optional;

/**
 * The pieces of a dump: made one at a time of an image that does not change. Confined to its
 * stream.
 */
final class DumpPieces implements PacedStream.Messages<DumpMetadataResponse> {
  /** A piece is closed when it has so many values. */
  private static final int PIECE_VALUES = 1_000;

  /** What is passed over in one piece because nothing of it was asked for. */
  private static final int PIECE_STEPS = 20_000;

  private final MetadataImage image;
  private final MetadataCursor cursor;
  private final int nodeId;
  private boolean first = true;

  DumpPieces(MetadataImage image, String path, int nodeId) {
    this.image = image;
    this.cursor = new MetadataCursor(image, path);
    this.nodeId = nodeId;
  }

  @Override
  public Optional<DumpMetadataResponse> next() {
    if (complete() && !first) {
      return Optional.empty();
    }
    first = false;
    DumpMetadataResponse.Builder piece =
        DumpMetadataResponse.newBuilder().setRevision(image.revision()).setNodeId(nodeId);
    int steps = 0;
    while (cursor.hasNext() && piece.getValuesCount() < PIECE_VALUES && steps++ < PIECE_STEPS) {
      cursor.next().forEach(leaf -> piece.addValues(value(leaf)));
    }
    return Optional.of(piece.build());
  }

  @Override
  public boolean complete() {
    return !cursor.hasNext();
  }

  @Override
  public String whereToGoOn() {
    return "; a dump begins anew";
  }

  private static MetadataValue value(Leaf leaf) {
    MetadataValue.Builder value = MetadataValue.newBuilder().setPath(leaf.name());
    if (leaf.value() instanceof Number number) {
      value.setNumber(number.longValue());
    } else if (leaf.value() instanceof List<?> list) {
      setList(value, list);
    } else {
      value.setText(leaf.value().toString());
    }
    return value.build();
  }

  private static void setList(MetadataValue.Builder value, List<?> list) {
    if (list.stream().allMatch(Number.class::isInstance)) {
      value.setNumbers(
          NumberList.newBuilder()
              .addAllValues(list.stream().map(one -> ((Number) one).longValue()).toList()));
    } else {
      value.setTexts(
          TextList.newBuilder().addAllValues(list.stream().map(Object::toString).toList()));
    }
  }
}
