package dev.conv4j.onnx.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where every intermediate value lies in one block of memory, so that values that are never alive
 * together share room: the largest first, each as low as it goes ("greedy by size", Pisarchyk and
 * Lee, "Efficient Memory Management for Deep Neural Net Inference"). Immutable.
 *
 * @param offset place of each value, -1 for values that do not lie here
 * @param size room of each value in bytes
 * @param bytes size of the block
 * @param separateBytes what the values would take without sharing
 * @param inPlace values that took the memory of an input
 * @param joined values that are made at their place in another one; their size is exact
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MemoryPlan(
    long[] offset, long[] size, long bytes, long separateBytes, int inPlace, boolean[] joined) {

  private static final long ALIGNMENT = 64;

  /** A stretch of time in which a room is taken. */
  private static final class Room {
    final List<Integer> values = new ArrayList<>();
    int from;
    int to;
    long bytes;
    long offset = -1;

    /** The room this is a part of, and where in it. */
    @Nullable Room whole;

    long within;

    boolean meets(Room other) {
      return from <= other.to && other.from <= to;
    }

    /** Makes this a part of another room, which is taken as long as this was. */
    void join(Room larger, long at) {
      whole = larger;
      within = at;
      larger.from = Math.min(larger.from, from);
      larger.to = Math.max(larger.to, to);
    }

    long place() {
      return whole == null ? offset : whole.place() + within;
    }
  }

  /** Makes the plan from what a first run asked for. */
  static MemoryPlan of(Program program, Recorder recorded) {
    int values = recorded.bytes.length;
    boolean[] outside = new boolean[values];
    for (int id : program.outputs()) {
      outside[id] = true;
    }
    int[] dies = new int[values];
    for (int id = 0; id < values; id++) {
      int root = recorded.root[id];
      if (root != Program.NONE) {
        dies[root] = Math.max(dies[root], Math.max(program.lastUse()[id], recorded.madeAt[root]));
      }
    }
    @Nullable Room[] rooms = new @Nullable Room[values];
    List<Room> all = new ArrayList<>();
    long separate = 0;
    int inPlace = 0;
    for (Program.Step step : program.steps()) {
      for (int i = 0; i < step.outputs().length; i++) {
        int id = step.outputs()[i];
        if (id == Program.NONE || recorded.root[id] != id || outside[id]) {
          continue;
        }
        separate += aligned(recorded.bytes[id]);
        Room room = i == 0 ? reusable(step, id, recorded, rooms) : null;
        if (room == null) {
          room = new Room();
          room.from = recorded.madeAt[id];
          room.bytes = aligned(recorded.bytes[id]);
          all.add(room);
        } else {
          inPlace++;
        }
        room.values.add(id);
        room.to = Math.max(room.to, dies[id]);
        rooms[id] = room;
        if (i == 0 && step.kernel().joins(recorded.dims(id))) {
          join(step, room, recorded, rooms);
        }
      }
    }
    long bytes = place(all.stream().filter(room -> room.whole == null).toList());
    long[] offset = new long[values];
    long[] size = new long[values];
    Arrays.fill(offset, -1);
    boolean[] joined = new boolean[values];
    for (Room room : all) {
      for (int id : room.values) {
        offset[id] = room.place();
        joined[id] = room.whole != null;
        size[id] = joined[id] ? recorded.bytes[id] : room.bytes;
      }
    }
    return new MemoryPlan(offset, size, bytes, separate, inPlace, joined);
  }

  /** Makes the rooms of a step's inputs parts of its output's, where they are free to move. */
  private static void join(
      Program.Step step, Room output, Recorder recorded, @Nullable Room[] rooms) {
    long at = 0;
    for (int input : step.inputs()) {
      Room room = input == Program.NONE ? null : rooms[input];
      if (room != null && room != output && room.whole == null && recorded.root[input] == input) {
        room.join(output, at);
      }
      at += input == Program.NONE ? 0 : recorded.size(input);
    }
  }

  /** Returns whether there is room for a value of this size. */
  boolean fits(int value, long wanted) {
    return offset[value] >= 0 && (joined[value] ? size[value] == wanted : size[value] >= wanted);
  }

  /** Returns the room of an input that ends with this step and may go to its output. */
  private static @Nullable Room reusable(
      Program.Step step, int id, Recorder recorded, @Nullable Room[] rooms) {
    int now = recorded.madeAt[id];
    for (int k = 0; k < step.inputs().length; k++) {
      int input = step.inputs()[k];
      int root = input == Program.NONE ? Program.NONE : recorded.root[input];
      Room room = root == Program.NONE ? null : rooms[root];
      if (room != null
          && room.whole == null
          && step.kernel().inPlace(k)
          && room.to == now
          && recorded.sameElements(input, id)) {
        return room;
      }
    }
    return null;
  }

  private static long place(List<Room> rooms) {
    List<Room> order = new ArrayList<>(rooms);
    order.sort(Comparator.comparingLong((Room room) -> room.bytes).reversed());
    List<Room> placed = new ArrayList<>();
    long end = 0;
    for (Room room : order) {
      long at = 0;
      for (Room other : placed) {
        if (other.meets(room)) {
          if (other.offset - at >= room.bytes) {
            break;
          }
          at = Math.max(at, other.offset + other.bytes);
        }
      }
      room.offset = at;
      end = Math.max(end, at + room.bytes);
      int index = 0;
      while (index < placed.size() && placed.get(index).offset <= at) {
        index++;
      }
      placed.add(index, room);
    }
    return end;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(Math.max(1, bytes), ALIGNMENT) * ALIGNMENT;
  }
}
