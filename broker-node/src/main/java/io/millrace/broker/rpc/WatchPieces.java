package io.millrace.broker.rpc;

import io.millrace.common.MillraceError;
import io.millrace.metadata.ChangeHistory.Changes;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.DeletedTopic;
import io.millrace.proto.v1.MetadataPiece;
import io.millrace.proto.v1.TopicMetadata;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The pieces that bring a client to an image: made one at a time, with at most {@value #PIECE}
 * topics and partitions each. Confined to its stream.
 */
final class WatchPieces {
  private static final int PIECE = 1_000;

  private final MetadataImage image;
  private final boolean snapshot;
  private final SortedSet<Integer> brokers;
  private final Iterator<Wanted> topics;

  /** Of {@link #topic}, those that are not told yet. */
  private Iterator<Integer> partitions = Collections.emptyIterator();

  private Optional<TopicImage> topic = Optional.empty();
  private boolean begun;

  /**
   * A topic to be told.
   *
   * @param refusal why it can't be
   * @param partitions which of its partitions
   */
  private record Wanted(
      Optional<UUID> id,
      String name,
      Optional<MillraceError> refusal,
      Iterable<Integer> partitions) {}

  private WatchPieces(
      MetadataImage image, boolean snapshot, SortedSet<Integer> brokers, Iterator<Wanted> topics) {
    this.image = image;
    this.snapshot = snapshot;
    this.brokers = brokers;
    this.topics = topics;
  }

  /**
   * All there is.
   *
   * @param names the topics
   * @param refusal why a topic can't be told
   */
  static WatchPieces snapshot(
      MetadataImage image,
      Stream<String> names,
      Function<String, Optional<MillraceError>> refusal) {
    Iterator<Wanted> topics =
        names.map(name -> wanted(image, name, refusal.apply(name))).iterator();
    return new WatchPieces(image, true, new TreeSet<>(image.brokers().keySet()), topics);
  }

  private static Wanted wanted(MetadataImage image, String name, Optional<MillraceError> refusal) {
    Optional<TopicImage> known = image.topic(name);
    int count = known.map(found -> found.partitions().size()).orElse(0);
    return new Wanted(
        known.map(TopicImage::id),
        name,
        refusal.or(
            () ->
                known.isPresent() ? Optional.empty() : Optional.of(TopicViews.unknownTopic(name))),
        () -> IntStream.range(0, count).iterator());
  }

  /** What is different. */
  static WatchPieces changes(Changes changes) {
    // Those that are gone first: another topic may have the name now.
    Iterator<Wanted> topics =
        changes.topics().entrySet().stream()
            .sorted(
                Comparator.comparing(entry -> changes.image().topic(entry.getKey()).isPresent()))
            .map(
                entry ->
                    new Wanted(
                        Optional.of(entry.getKey()),
                        entry.getValue().name(),
                        Optional.empty(),
                        entry.getValue().partitions()))
            .iterator();
    return new WatchPieces(changes.image(), false, changes.brokers(), topics);
  }

  MetadataImage image() {
    return image;
  }

  boolean isSnapshot() {
    return snapshot;
  }

  /** Whether everything is told. */
  boolean done() {
    return begun && !partitions.hasNext() && !topics.hasNext();
  }

  MetadataPiece next() {
    MetadataPiece.Builder piece = MetadataPiece.newBuilder();
    if (!begun) {
      begun = true;
      brokers.forEach(id -> addBroker(piece, id));
    }
    for (int told = 0; told < PIECE && !done(); ) {
      if (!partitions.hasNext()) {
        begin(piece, topics.next());
        told++;
      }
      told += addPartitions(piece, PIECE - told);
    }
    return piece.setLast(done()).build();
  }

  private void addBroker(MetadataPiece.Builder piece, int id) {
    image
        .broker(id)
        .ifPresentOrElse(
            broker -> piece.addBrokers(TopicViews.endpoint(broker)),
            () -> piece.addRemovedBrokerIds(id));
  }

  private void begin(MetadataPiece.Builder piece, Wanted wanted) {
    topic = wanted.id().flatMap(image::topic);
    partitions = Collections.emptyIterator();
    if (wanted.refusal().isPresent()) {
      piece.addTopics(
          TopicMetadata.newBuilder()
              .setName(wanted.name())
              .setError(RpcErrors.toProto(wanted.refusal().get())));
    } else if (topic.isPresent()) {
      piece.addTopics(head(topic.get()));
      partitions = wanted.partitions().iterator();
    } else {
      wanted
          .id()
          .ifPresent(
              id ->
                  piece.addDeletedTopics(
                      DeletedTopic.newBuilder()
                          .setTopicId(Uuids.toBytes(id))
                          .setName(wanted.name())));
    }
  }

  private static TopicMetadata.Builder head(TopicImage topic) {
    return TopicMetadata.newBuilder().setTopicId(Uuids.toBytes(topic.id())).setName(topic.name());
  }

  private int addPartitions(MetadataPiece.Builder piece, int most) {
    if (!partitions.hasNext() || most <= 0) {
      return 0;
    }
    TopicImage of = topic.orElseThrow();
    if (piece.getTopicsCount() == 0) {
      piece.addTopics(head(of)); // Goes on from the piece before.
    }
    TopicMetadata.Builder view = piece.getTopicsBuilder(piece.getTopicsCount() - 1);
    int added = 0;
    while (partitions.hasNext() && added < most) {
      int number = partitions.next();
      of.partition(number)
          .ifPresent(
              partition -> view.addPartitions(TopicViews.partition(image, of, number, partition)));
      added++;
    }
    return added;
  }
}
