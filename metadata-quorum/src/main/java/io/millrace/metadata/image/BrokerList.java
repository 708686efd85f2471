package io.millrace.metadata.image;

import java.util.AbstractList;
import java.util.Collection;
import java.util.List;
import java.util.RandomAccess;

/** Brokers' node ids in an array: an image has millions of such lists. Immutable. */
final class BrokerList extends AbstractList<Integer> implements RandomAccess {
  private static final BrokerList EMPTY = new BrokerList(new int[0]);

  private final int[] ids;

  private BrokerList(int[] ids) {
    this.ids = ids;
  }

  /** The same ids in the same order; the list itself when it is one. */
  static List<Integer> copyOf(Collection<Integer> brokers) {
    if (brokers instanceof BrokerList list) {
      return list;
    }
    return brokers.isEmpty()
        ? EMPTY
        : new BrokerList(brokers.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public Integer get(int index) {
    return ids[index];
  }

  @Override
  public int size() {
    return ids.length;
  }

  @Override
  public boolean contains(Object broker) {
    return indexOf(broker) >= 0;
  }

  @Override
  public int indexOf(Object broker) {
    if (broker instanceof Integer id) {
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] == id) {
          return i;
        }
      }
    }
    return -1;
  }
}
