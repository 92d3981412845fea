package dev.conv4j.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The most recently used plans, by complete key. Thread-safe; a plan is made outside the lock, so
 * two threads may make the same one, and the first to finish wins.
 *
 * @param <K> the key: a record of everything that decides the plan
 * @param <V> the plan
 */
public final class PlanCache<K, V> {

  private final Map<K, V> plans;

  /**
   * @param capacity plans kept
   */
  public PlanCache(int capacity) {
    this.plans =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > capacity;
          }
        };
  }

  /** Returns the plan for a key, making it when it is not there. */
  public V get(K key, Function<? super K, ? extends V> make) {
    synchronized (plans) {
      V known = plans.get(key);
      if (known != null) {
        return known;
      }
    }
    V made = make.apply(key);
    synchronized (plans) {
      V other = plans.putIfAbsent(key, made);
      return other != null ? other : made;
    }
  }

  /** Returns the number of plans kept. */
  public int size() {
    synchronized (plans) {
      return plans.size();
    }
  }
}
