package io.millrace.metadata.image;

import io.millrace.metadata.image.MetadataTree.Leaf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Goes through {@link MetadataTree} in steps: what holds for the cluster, then a broker, a topic, a
 * partition or an answered request at a time, so that nobody has to hold all of it. Leaves out what
 * can't lie below the path that is asked for. Confined to one thread; the image may be shared.
 */
public final class MetadataCursor implements Iterator<List<Leaf>> {
  private static final String BROKERS = "brokers";
  private static final String TOPICS = "topics";
  private static final String PARTITIONS = "partitions";

  private final MetadataImage image;

  /** The names of the path that is asked for. */
  private final List<String> under;

  private final Iterator<BrokerImage> brokers;
  private final Iterator<String> topics;
  private final Iterator<AnsweredRequest> requests;
  private boolean headTold;

  /** The topic whose partitions are told. */
  private Optional<TopicImage> topic = Optional.empty();

  /** Of that topic. */
  private int nextPartition;

  /**
   * Begins.
   *
   * @param path only what lies at or below it; {@code /} or empty for everything
   */
  public MetadataCursor(MetadataImage image, String path) {
    this.image = image;
    this.under = MetadataTree.names(path);
    this.brokers = mayHave(BROKERS) ? image.brokers().values().iterator() : none();
    this.topics = topics(image);
    this.requests = mayHave(MetadataTree.REQUESTS) ? image.requests().inOrder().iterator() : none();
  }

  private Iterator<String> topics(MetadataImage from) {
    if (!mayHave(TOPICS)) {
      return none();
    }
    return under.size() > 1
        ? Collections.singletonList(under.get(1)).iterator()
        : from.topics().idsByName().keySet().iterator();
  }

  private static <T> Iterator<T> none() {
    return Collections.emptyIterator();
  }

  /** Whether what is asked for may lie below a name at the root. */
  private boolean mayHave(String name) {
    return under.isEmpty() || under.get(0).equals(name);
  }

  @Override
  public boolean hasNext() {
    return !headTold
        || brokers.hasNext()
        || partitionsLeft()
        || topics.hasNext()
        || requests.hasNext();
  }

  /** The values of the next step, which may be none. */
  @Override
  public List<Leaf> next() {
    if (!headTold) {
      headTold = true;
      return gather(leaves -> MetadataTree.head(image, leaves));
    } else if (brokers.hasNext()) {
      BrokerImage broker = brokers.next();
      return gather(leaves -> MetadataTree.broker(image, broker, leaves));
    } else if (partitionsLeft()) {
      TopicImage of = topic.orElseThrow();
      int number = nextPartition++;
      return gather(leaves -> MetadataTree.partition(of, number, leaves));
    } else if (topics.hasNext()) {
      topic = image.topic(topics.next());
      nextPartition = firstPartition();
      return gather(leaves -> topic.ifPresent(of -> MetadataTree.topic(of, leaves)));
    } else if (requests.hasNext()) {
      AnsweredRequest request = requests.next();
      return gather(leaves -> MetadataTree.request(request, leaves));
    }
    throw new NoSuchElementException();
  }

  private boolean partitionsLeft() {
    boolean onlyOneTold = onlyPartition() >= 0 && nextPartition > onlyPartition();
    return topic.isPresent() && !onlyOneTold && nextPartition < topic.get().partitions().size();
  }

  private int firstPartition() {
    return Math.max(0, onlyPartition());
  }

  /** The one partition that is asked for, or -1. */
  private int onlyPartition() {
    if (under.size() < 4 || !under.get(2).equals(PARTITIONS)) {
      return -1;
    }
    try {
      return Integer.parseInt(under.get(3));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private List<Leaf> gather(Consumer<Consumer<Leaf>> step) {
    List<Leaf> leaves = new ArrayList<>();
    step.accept(
        leaf -> {
          if (leaf.isUnder(under)) {
            leaves.add(leaf);
          }
        });
    return leaves;
  }
}
