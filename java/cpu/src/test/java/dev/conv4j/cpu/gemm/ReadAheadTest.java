package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.cpu.microkernel.Microkernel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadAheadTest {

  private static final long PANEL = 1000;
  private static final long NEXT = 50_000;
  private static final int DEPTH = 36;
  private static final long SHARE = (long) DEPTH * Microkernel.AHEAD_BYTES;

  private static List<Long> shares(ReadAhead ahead, int tiles) {
    List<Long> shares = new ArrayList<>();
    for (int tile = 0; tile < tiles; tile++) {
      long position = ahead.position(tile);
      if (position != PANEL) {
        shares.add(position);
      }
    }
    return shares;
  }

  @Test
  void sharesFollowEachOtherWithinThePanel() {
    for (int lines = 1; lines < 12; lines++) {
      long bytes = (long) DEPTH * lines * 16 + 8;
      for (int tiles = 1; tiles < 40; tiles++) {
        List<Long> shares = shares(ReadAhead.of(PANEL, NEXT, bytes, SHARE, tiles), tiles);
        assertEquals(Math.min(tiles, lines), shares.size());
        for (int i = 0; i < shares.size(); i++) {
          assertEquals(NEXT + i * SHARE, shares.get(i));
        }
        assertTrue(shares.getLast() + SHARE <= NEXT + bytes);
      }
    }
  }

  @Test
  void sharesAreSpreadEvenly() {
    ReadAhead ahead = ReadAhead.of(PANEL, NEXT, 4 * SHARE, SHARE, 16);
    for (int first = 0; first < 16; first += 4) {
      int taken = 0;
      for (int tile = first; tile < first + 4; tile++) {
        taken += ahead.position(tile) == PANEL ? 0 : 1;
      }
      assertEquals(1, taken);
    }
  }

  @Test
  void aloneAPanelIsNotReadTwice() {
    assertTrue(shares(ReadAhead.of(PANEL, PANEL, 4 * SHARE, SHARE, 9), 9).isEmpty());
  }
}
