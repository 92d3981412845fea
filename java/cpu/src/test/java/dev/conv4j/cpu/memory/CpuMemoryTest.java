package dev.conv4j.cpu.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.cpu.machine.FreeMemory;
import dev.conv4j.spi.Allocation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CpuMemoryTest {

  private final CpuMemory memory = new CpuMemory("cpu:0", FreeMemory::bytes);

  @Test
  void memoryIsAlignedAndUsableFromEveryThread() throws Exception {
    try (memory) {
      for (int bytes : new int[] {1, 63, 64, 1000, 4097}) {
        MemorySegment segment = CpuBlock.segment(memory.allocate(bytes, "test").block());
        assertEquals(bytes, segment.byteSize());
        assertEquals(0, segment.address() % 64);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread other = Thread.ofVirtual().start(() -> segment.set(JAVA_BYTE, 0, (byte) 1));
        other.setUncaughtExceptionHandler((thread, thrown) -> failure.set(thrown));
        other.join();
        assertEquals(1, segment.get(JAVA_BYTE, 0));
      }
    }
  }

  @Test
  void operandsHaveAMarginThatSlicesShare() {
    try (memory) {
      CpuBlock block = (CpuBlock) memory.allocate(1000, "test").block();
      assertEquals(1000, block.bytes());
      assertEquals(1000 + CpuBlock.MARGIN, CpuBlock.operand(block).byteSize());
      CpuBlock slice = block.slice(100, 200);
      assertEquals(200, CpuBlock.resultSegment(slice).byteSize());
      assertEquals(200 + CpuBlock.MARGIN, CpuBlock.operand(slice).byteSize());
      assertEquals(slice.segment().address(), slice.operand().address());
      assertEquals(CpuBlock.MARGIN, CpuBlock.operand(block.slice(1000, 0)).byteSize());
      assertThrows(IndexOutOfBoundsException.class, () -> block.slice(900, 101));
      MemorySegment own = Arena.ofAuto().allocate(64);
      assertEquals(64, CpuBlock.operand(CpuMemory.wrap(own)).byteSize());
    }
  }

  @Test
  void onlyMemoryThatNobodyCanFreeIsReadByAddress() {
    try (memory;
        Arena shared = Arena.ofShared()) {
      assertTrue(CpuBlock.isOwn(memory.allocate(8, "test").block()));
      assertTrue(CpuBlock.isOwn(memory.allocate(8, "test").block().slice(4, 4)));
      assertTrue(CpuBlock.isOwn(CpuMemory.wrap(Arena.ofAuto().allocate(8))));
      assertTrue(CpuBlock.isOwn(CpuMemory.wrap(Arena.global().allocate(8))));
      CpuBlock callers = CpuMemory.wrap(shared.allocate(8));
      assertFalse(CpuBlock.isOwn(callers));
      assertFalse(CpuBlock.isOwn(callers.slice(0, 4)));
    }
  }

  @Test
  void freedMemoryThrowsInsteadOfCrashing() {
    Allocation allocation = memory.allocate(8, "test");
    MemorySegment segment = CpuBlock.segment(allocation.block());
    memory.deallocate(allocation);
    assertThrows(IllegalStateException.class, () -> segment.get(JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> memory.deallocate(allocation));
  }

  @Test
  void closingFreesWhatWasNotGivenBack() {
    MemorySegment segment = CpuBlock.segment(memory.allocate(8, "test").block());
    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, () -> segment.get(JAVA_BYTE, 0));
  }

  @Test
  void tooMuchIsOutOfMemory() {
    for (long bytes : new long[] {1L << 50, Long.MAX_VALUE - 10}) {
      for (long free : new long[] {-1, 100L << 20}) {
        CpuMemory small = new CpuMemory("cpu:0", () -> free);
        DeviceOutOfMemoryException full =
            assertThrows(DeviceOutOfMemoryException.class, () -> small.allocate(bytes, "test"));
        assertEquals(bytes, full.requested());
        assertEquals(free, full.free());
        assertEquals(1, full.attempts().size());
      }
    }
  }

  @Test
  void memoryTheMachineDoesNotHaveIsRefusedBeforeItIsTouched() {
    CpuMemory full = new CpuMemory("cpu:0", () -> 1000);
    assertThrows(DeviceOutOfMemoryException.class, () -> full.allocate(64 << 20, "test"));
    full.allocate(1 << 20, "small enough not to ask");
    full.close();
  }

  @Test
  void copiesMoveEveryByte() {
    try (memory) {
      byte[] bytes = new byte[1000];
      new java.util.Random(3).nextBytes(bytes);
      Allocation a = memory.allocate(1000, "a");
      Allocation b = memory.allocate(1024, "b");
      memory.upload(MemorySegment.ofArray(bytes), a.block());
      memory.fill(b.block(), (byte) 0x55);
      memory.copy(a.block(), b.block(), 999);
      byte[] back = new byte[1001];
      memory.download(b.block(), MemorySegment.ofArray(back));
      for (int i = 0; i < 999; i++) {
        assertEquals(bytes[i], back[i]);
      }
      assertEquals(0x55, back[999]);
      assertEquals(0x55, back[1000]);
      assertEquals(bytes[500], CpuBlock.segment(a.block().slice(500, 4)).get(JAVA_BYTE, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> a.block().slice(900, 200));
    }
  }

  @Test
  void wrapRefusesWhatKernelsCannotUse() {
    assertRefused("heap", MemorySegment.ofArray(new float[4]));
    assertRefused("heap", MemorySegment.ofBuffer(ByteBuffer.allocate(16)));
    try (Arena confined = Arena.ofConfined()) {
      assertRefused("confined", confined.allocate(16));
    }
    Arena shared = Arena.ofShared();
    MemorySegment freed = shared.allocate(16);
    shared.close();
    assertRefused("freed", freed);
  }

  private static void assertRefused(String word, MemorySegment segment) {
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> CpuMemory.wrap(segment));
    assertTrue(refused.getMessage().contains(word), refused.getMessage());
  }

  @Test
  void wrappedMemoryIsUsedInPlaceAndReadOnlyMemoryOnlyRead() {
    try (Arena arena = Arena.ofShared();
        Engine engine = Engine.open("cpu")) {
      MemorySegment x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3).asReadOnly();
      MemorySegment y = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(12));
      Shape shape = Shape.of(1, 1, 3);
      ConvPlan plan = engine.plan(Convolution.parse("i3c1k1f1"), ConvOptions.DEFAULT);
      try (Tensor input = engine.wrap(x, shape, DType.F32, Layout.NCHW);
          Tensor filter = engine.tensor(Shape.of(1, 1, 1), 5);
          Tensor result = engine.wrap(y, shape, DType.F32, Layout.NCHW)) {
        plan.run(input, filter, null, null, result);
        assertEquals(15, y.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 8));
        InvalidArgumentException refused =
            assertThrows(
                InvalidArgumentException.class, () -> plan.run(result, filter, null, null, input));
        assertEquals("result", refused.argument());
      }
    }
  }
}
