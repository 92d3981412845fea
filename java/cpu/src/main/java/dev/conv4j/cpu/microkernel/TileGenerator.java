package dev.conv4j.cpu.microkernel;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import dev.conv4j.cpu.memory.NativeMemory;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * Makes microkernels as classes. What {@link Sgemm7x2v} spells out, every accumulator a local
 * variable and nothing called but the JDK's vector and segment methods, would be longer here than a
 * method should be, and once more as long for each other tile.
 *
 * <p>Places are masked before a loop, and what it adds to them counts no further than an {@code
 * int}: the compiler sees that each is valid, leaves no check nor what leads up to one, and takes
 * sums as addressing modes. The loop of 6 by 4 has 40 instructions for 24 multiply-adds.
 */
final class TileGenerator {

  /** Bytes read ahead with each product, as many as a group has; by these the loop counts. */
  static final int STEP = (int) Moves.GROUP_BYTES;

  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");
  private static final ClassDesc ORDER = ClassDesc.of("java.nio.ByteOrder");
  private static final ClassDesc VECTOR = ClassDesc.of("jdk.incubator.vector.FloatVector");
  private static final ClassDesc ANY_VECTOR = ClassDesc.of("jdk.incubator.vector.Vector");
  private static final ClassDesc SPECIES = ClassDesc.of("jdk.incubator.vector.VectorSpecies");
  private static final ClassDesc MEMORY = described(NativeMemory.class);
  private static final long BYTES = (long) Lanes.COUNT * Float.BYTES;

  private final int rows;
  private final int vectors;

  private TileGenerator(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
  }

  /**
   * Returns a microkernel of a tile; its accumulators, a row's vectors and one more must be no more
   * than there are registers.
   */
  static WindowMicrokernel tile(int rows, int vectors) {
    TileGenerator generator = new TileGenerator(rows, vectors);
    try {
      MethodHandles.Lookup tile =
          MethodHandles.lookup().defineHiddenClass(generator.classFile(), true);
      MethodType constructor = MethodType.methodType(void.class, int.class, int.class);
      return (WindowMicrokernel)
          tile.findConstructor(tile.lookupClass(), constructor).invoke(rows, vectors);
    } catch (Throwable impossible) {
      throw new IllegalStateException("no class for a tile of this package", impossible);
    }
  }

  private static ClassDesc described(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }

  private byte[] classFile() {
    ClassDesc base = described(GeneratedTile.class);
    ClassDesc self = ClassDesc.of(getClass().getPackageName(), "Tile" + rows + "x" + vectors);
    MethodTypeDesc constructor = MethodTypeDesc.of(CD_void, CD_int, CD_int);
    MethodTypeDesc groups = signature(CD_int, "islslsllsl");
    MethodTypeDesc rows = signature(CD_void, "isllslsllsl");
    MethodTypeDesc windows = signature(CD_void, "islslslslsllsl");
    return ClassFile.of()
        .build(
            self,
            type ->
                type.withFlags(ClassFile.ACC_FINAL)
                    .withSuperclass(base)
                    .withMethodBody(
                        INIT_NAME,
                        constructor,
                        0,
                        code ->
                            code.aload(0)
                                .iload(1)
                                .iload(2)
                                .invokespecial(base, INIT_NAME, constructor)
                                .return_())
                    .withMethodBody("run", groups, ClassFile.ACC_PUBLIC, this::groups)
                    .withMethodBody("runRows", rows, ClassFile.ACC_PUBLIC, this::rows)
                    .withMethodBody("runWindows", windows, ClassFile.ACC_PUBLIC, this::windows));
  }

  /** Parameters by letters: int, long, segment. */
  private static MethodTypeDesc signature(ClassDesc result, String parameters) {
    return MethodTypeDesc.of(
        result,
        parameters
            .chars()
            .mapToObj(c ->
                switch (c) {
                  case 'i' -> CD_int;
                  case 'l' -> CD_long;
                  default -> SEGMENT;
                })
            .toList());
  }

  /** The method of gathered panels. */
  private void groups(CodeBuilder code) {
    Operand a = operand(code, 1, () -> groupBytes(code));
    Operand b = operand(code, 3, () -> depthTimes(code, vectors * BYTES));
    Operand next = operand(code, 8, () -> depthTimes(code, STEP));
    int met = code.allocateLocal(TypeKind.INT);
    code.iconst_0().istore(met);
    Tile tile = new Tile(code, b, 5);
    tile.loop(
        STEP,
        () -> {},
        row -> loadFloat(code, a, a.place, tile.k, (long) row * Float.BYTES),
        () -> {
          Label expected = code.newLabel();
          loadInt(code, next, next.place, tile.k, 0);
          code.loadConstant(Microkernel.UNLIKELY).if_icmpne(expected);
          code.iinc(met, 1).labelBinding(expected);
        });
    tile.store();
    code.iload(met).ireturn();
  }

  /** The method of rows a distance apart. */
  private void rows(CodeBuilder code) {
    int stride = code.parameterSlot(3);
    Operand a =
        operand(
            code,
            1,
            () -> {
              depthTimes(code, Float.BYTES);
              code.loadConstant(rows - 1L).lload(stride).lmul().ladd();
            });
    Operand b = operand(code, 4, () -> depthTimes(code, vectors * BYTES));
    int[] places = new int[rows];
    for (int row = 0; row < rows; row++) {
      places[row] = code.allocateLocal(TypeKind.LONG);
      code.lload(a.place).lload(stride).loadConstant((long) row).lmul().ladd();
      code.loadConstant(NativeMemory.PLACES).land().lstore(places[row]);
    }
    Tile tile = new Tile(code, b, 6);
    tile.loop(Float.BYTES, () -> {}, row -> loadFloat(code, a, places[row], tile.k, 0), () -> {});
    tile.store();
    code.return_();
  }

  /** The method of windows. */
  private void windows(CodeBuilder code) {
    Operand a = operand(code, 1, () -> code.loadConstant(0L));
    Operand starts = operand(code, 3, () -> code.loadConstant((long) rows * Integer.BYTES));
    Operand table = operand(code, 5, () -> depthTimes(code, Integer.BYTES));
    Operand b = operand(code, 7, () -> depthTimes(code, vectors * BYTES));
    int[] places = new int[rows];
    int distance = code.allocateLocal(TypeKind.INT);
    code.iconst_0().istore(distance);
    for (int row = 0; row < rows; row++) {
      places[row] = code.allocateLocal(TypeKind.LONG);
      loadInt(code, starts, starts.place, distance, (long) row * Integer.BYTES);
      code.i2l().lload(a.place).ladd().loadConstant(NativeMemory.PLACES).land().lstore(places[row]);
    }
    Tile tile = new Tile(code, b, 9);
    tile.loop(
        Integer.BYTES,
        // Masked, so that the compiler sees that it is not negative.
        () -> {
          loadInt(code, table, table.place, tile.k, 0);
          code.loadConstant(Integer.MAX_VALUE).iand().istore(distance);
        },
        row -> loadFloat(code, a, places[row], distance, 0),
        () -> {});
    tile.store();
    code.return_();
  }

  /** Locals with a window and the place in it where an operand begins. */
  private record Operand(int window, int place) {}

  /** Checks an operand: parameters of a segment and a position. */
  private static Operand operand(CodeBuilder code, int parameter, Runnable bytes) {
    int segment = code.parameterSlot(parameter);
    int at = code.parameterSlot(parameter + 1);
    Operand operand =
        new Operand(code.allocateLocal(TypeKind.REFERENCE), code.allocateLocal(TypeKind.LONG));
    code.getstatic(MEMORY, "NATIVE", CD_Class).aload(segment).lload(at);
    bytes.run();
    code.invokestatic(MEMORY, "window", MethodTypeDesc.of(SEGMENT, SEGMENT, CD_long, CD_long));
    cast(code).astore(operand.window);
    code.aload(segment).lload(at);
    code.invokestatic(MEMORY, "placeOf", MethodTypeDesc.of(CD_long, SEGMENT, CD_long));
    code.lstore(operand.place);
    return operand;
  }

  private static CodeBuilder cast(CodeBuilder code) {
    return code.invokevirtual(CD_Class, "cast", MethodTypeDesc.of(CD_Object, CD_Object))
        .checkcast(SEGMENT);
  }

  private static void depthTimes(CodeBuilder code, long bytes) {
    code.iload(code.parameterSlot(0)).i2l().loadConstant(bytes).lmul();
  }

  private void groupBytes(CodeBuilder code) {
    code.iload(code.parameterSlot(0)).loadConstant(rows);
    MethodTypeDesc signature = MethodTypeDesc.of(CD_long, CD_int, CD_int);
    code.invokestatic(described(Moves.class), "groupBytes", signature, true);
  }

  private static void loadFloat(CodeBuilder code, Operand from, int place, int k, long offset) {
    load(code, from, place, k, offset, "JAVA_FLOAT_UNALIGNED", "OfFloat", CD_float);
  }

  private static void loadInt(CodeBuilder code, Operand from, int place, int k, long offset) {
    load(code, from, place, k, offset, "JAVA_INT_UNALIGNED", "OfInt", CD_int);
  }

  /** Leaves what is at {@code place + k + offset}. */
  private static void load(
      CodeBuilder code,
      Operand from,
      int place,
      int k,
      long offset,
      String layout,
      String kind,
      ClassDesc type) {
    code.aload(from.window).getstatic(LAYOUT, layout, LAYOUT.nested(kind));
    code.lload(place).iload(k).i2l().ladd().loadConstant(offset).ladd();
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(type, LAYOUT.nested(kind), CD_long));
  }

  private static void species(CodeBuilder code) {
    code.getstatic(described(Lanes.class), "F32", SPECIES);
  }

  private static void order(CodeBuilder code) {
    code.invokestatic(ORDER, "nativeOrder", MethodTypeDesc.of(ORDER));
  }

  /** The accumulators of a method, and what is done with them. */
  private final class Tile {

    final int k;
    private final CodeBuilder code;
    private final Operand b;
    private final int target;
    private final int[][] sums = new int[rows][vectors];

    /**
     * @param target the parameter of the segment of sums; position and distance follow
     */
    Tile(CodeBuilder code, Operand b, int target) {
      this.code = code;
      this.b = b;
      this.target = target;
      this.k = code.allocateLocal(TypeKind.INT);
      species(code);
      code.invokestatic(VECTOR, "zero", MethodTypeDesc.of(VECTOR, SPECIES));
      for (int[] row : sums) {
        for (int v = 0; v < vectors; v++) {
          row[v] = code.allocateLocal(TypeKind.REFERENCE);
          code.dup().astore(row[v]);
        }
      }
      code.pop();
    }

    /**
     * A turn for each product.
     *
     * @param step what k is more from turn to turn
     * @param first what a turn begins with
     * @param load leaves a row's element of A
     * @param aside what else a turn does, behind its first row
     */
    void loop(int step, Runnable first, IntConsumer load, Runnable aside) {
      int end = code.allocateLocal(TypeKind.INT);
      code.iload(code.parameterSlot(0)).loadConstant(Microkernel.DEPTHS);
      code.invokestatic(
          described(Objects.class), "checkIndex", MethodTypeDesc.of(CD_int, CD_int, CD_int));
      code.loadConstant(step).imul().istore(end);
      Label turn = code.newLabel();
      Label behind = code.newLabel();
      code.iconst_0().istore(k).labelBinding(turn).iload(k).iload(end).if_icmpge(behind);
      first.run();
      int[] panel = loadPanel(step);
      int x = code.allocateLocal(TypeKind.REFERENCE);
      for (int row = 0; row < rows; row++) {
        species(code);
        load.accept(row);
        code.invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float));
        code.astore(x);
        for (int v = 0; v < vectors; v++) {
          code.aload(x).aload(panel[v]).aload(sums[row][v]);
          code.invokevirtual(VECTOR, "fma", MethodTypeDesc.of(VECTOR, ANY_VECTOR, ANY_VECTOR));
          code.astore(sums[row][v]);
        }
        if (row == 0) {
          aside.run();
        }
      }
      code.iinc(k, step).goto_(turn).labelBinding(behind);
    }

    /** Loads the vectors of B that a turn multiplies by. */
    private int[] loadPanel(int step) {
      int at = code.allocateLocal(TypeKind.LONG);
      code.lload(b.place).iload(k).i2l().loadConstant(vectors * BYTES / step).lmul().ladd();
      code.lstore(at);
      int[] panel = new int[vectors];
      for (int v = 0; v < vectors; v++) {
        panel[v] = code.allocateLocal(TypeKind.REFERENCE);
        species(code);
        code.aload(b.window).lload(at).loadConstant(v * BYTES).ladd();
        order(code);
        code.invokestatic(
            VECTOR,
            "fromMemorySegment",
            MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, ORDER));
        code.astore(panel[v]);
      }
      return panel;
    }

    /** Stores the sums. */
    void store() {
      int c = code.allocateLocal(TypeKind.REFERENCE);
      int at = code.parameterSlot(target + 1);
      int stride = code.parameterSlot(target + 2);
      code.getstatic(MEMORY, "NATIVE", CD_Class).aload(code.parameterSlot(target));
      cast(code).astore(c);
      for (int row = 0; row < rows; row++) {
        for (int v = 0; v < vectors; v++) {
          code.aload(sums[row][v]).aload(c).lload(at);
          code.lload(stride).loadConstant((long) row).lmul().ladd();
          code.loadConstant(v * BYTES).ladd();
          order(code);
          code.invokevirtual(
              VECTOR, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
        }
      }
    }
  }
}
