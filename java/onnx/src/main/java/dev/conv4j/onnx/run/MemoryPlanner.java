package dev.conv4j.onnx.run;

import dev.conv4j.Engine;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Look;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a {@link MemoryPlan} from what a first run asked for. */
final class MemoryPlanner {

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

  private final Program program;
  private final Recorder recorded;
  private final Engine engine;
  private final SessionOptions options;
  private final @Nullable Room[] rooms;
  private final MemoryPlan.@Nullable Part[] parts;
  private final List<Room> all = new ArrayList<>();

  /** How often each value is read by nodes, and which step makes it. */
  private final int[] reads;

  private final Program.@Nullable Step[] makers;
  private long separate;
  private int inPlace;

  MemoryPlanner(Program program, Recorder recorded, Engine engine, SessionOptions options) {
    int values = recorded.bytes.length;
    this.program = program;
    this.recorded = recorded;
    this.engine = engine;
    this.options = options;
    this.rooms = new @Nullable Room[values];
    this.parts = new MemoryPlan.@Nullable Part[values];
    this.reads = new int[values];
    this.makers = new Program.@Nullable Step[values];
    for (Program.Step step : program.steps()) {
      for (int id : step.inputs()) {
        if (id != Program.NONE) {
          reads[id]++;
        }
      }
      for (int id : step.outputs()) {
        if (id != Program.NONE) {
          makers[id] = step;
        }
      }
    }
  }

  /** Returns the plan. */
  MemoryPlan plan() {
    boolean[] outside = new boolean[rooms.length];
    for (int id : program.outputs()) {
      outside[id] = true;
    }
    int[] dies = dies();
    for (Program.Step step : program.steps()) {
      for (int i = 0; i < step.outputs().length; i++) {
        int id = step.outputs()[i];
        if (id != Program.NONE && recorded.root[id] == id && !outside[id]) {
          room(step, i, id, dies[id]);
        }
      }
    }
    long bytes = place(all.stream().filter(room -> room.whole == null).toList());
    long[] offset = new long[rooms.length];
    long[] size = new long[rooms.length];
    Arrays.fill(offset, -1);
    boolean[] joined = new boolean[rooms.length];
    for (Room room : all) {
      for (int id : room.values) {
        offset[id] = room.place();
        joined[id] = room.whole != null;
        size[id] = joined[id] ? recorded.bytes[id] : room.bytes;
      }
    }
    return new MemoryPlan(offset, size, bytes, separate, inPlace, joined, parts);
  }

  /** Returns for each value the last step that reads what lies in its memory. */
  private int[] dies() {
    int[] dies = new int[rooms.length];
    for (int id = 0; id < rooms.length; id++) {
      int root = recorded.root[id];
      if (root != Program.NONE) {
        dies[root] = Math.max(dies[root], Math.max(program.lastUse()[id], recorded.madeAt[root]));
      }
    }
    return dies;
  }

  /** Gives an output a room: that of an input, or one of its own. */
  private void room(Program.Step step, int output, int id, int dies) {
    separate += aligned(recorded.bytes[id]);
    Room room = output == 0 ? reusable(step, id) : null;
    if (room == null) {
      room = new Room();
      room.from = recorded.madeAt[id];
      room.bytes = aligned(recorded.bytes[id]);
      all.add(room);
    } else {
      inPlace++;
    }
    room.values.add(id);
    room.to = Math.max(room.to, dies);
    rooms[id] = room;
    OnnxTensor look = recorded.look(id);
    int axis = output > 0 || look == null ? -1 : step.kernel().joined(look.rank());
    if (look == null || axis < 0) {
      return;
    }
    if (Axis.product(look.dims(), 0, axis) == 1) {
      join(step, room);
    } else {
      slice(step, id, look, axis, room);
    }
  }

  /** Makes the rooms of a step's inputs parts of its output's, where they are free to move. */
  private void join(Program.Step step, Room output) {
    long at = 0;
    for (int input : step.inputs()) {
      Room room = input == Program.NONE ? null : rooms[input];
      if (room != null && room != output && room.whole == null && recorded.root[input] == input) {
        room.join(output, at);
      }
      OnnxTensor look = recorded.look(input);
      at += look == null ? 0 : look.bytes();
    }
  }

  /**
   * Makes a step's inputs ranges of its output, where nobody else reads them and who makes them can
   * leave gaps.
   */
  private void slice(Program.Step step, int output, OnnxTensor whole, int axis, Room room) {
    long first = 0;
    for (int input : step.inputs()) {
      OnnxTensor look = recorded.look(input);
      if (look == null) {
        continue;
      }
      Room own = rooms[input];
      // A room of several values was given to, or taken from, one that has no gaps.
      boolean free = own != null && own.values.size() == 1 && reads[input] == 1;
      if (own != null && free && fills(input, axis, first, whole.dim(axis))) {
        all.remove(own);
        rooms[input] = null;
        parts[input] = new MemoryPlan.Part(look, output, whole, axis, first);
        room.from = Math.min(room.from, own.from);
      }
      first += look.dim(axis);
    }
  }

  private boolean fills(int value, int axis, long first, long of) {
    Program.Step maker = makers[value];
    if (maker == null || maker.outputs()[0] != value) {
      return false;
    }
    List<@Nullable OnnxTensor> inputs = new ArrayList<>();
    for (int input : maker.inputs()) {
      inputs.add(recorded.look(input));
    }
    Kernel kernel = maker.kernel();
    return kernel.fills(new Look(inputs, engine, options), axis, first, of);
  }

  /** Returns the room of an input that ends with this step and may go to its output. */
  private @Nullable Room reusable(Program.Step step, int id) {
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
