package dev.conv4j.peer.onednn;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Memory through a pipe. */
final class Pipe {

  private static final int PIECE = 1 << 16;

  private Pipe() {}

  static void write(DataOutputStream out, MemorySegment from) throws IOException {
    byte[] piece = new byte[PIECE];
    out.writeLong(from.byteSize());
    for (long at = 0; at < from.byteSize(); at += PIECE) {
      int length = (int) Math.min(PIECE, from.byteSize() - at);
      MemorySegment.copy(from, at, MemorySegment.ofArray(piece), 0, length);
      out.write(piece, 0, length);
    }
  }

  /** Fills a segment with what {@link #write} sent; both are of one size. */
  static void read(DataInputStream in, MemorySegment to) throws IOException {
    byte[] piece = new byte[PIECE];
    long sent = in.readLong();
    if (sent != to.byteSize()) {
      throw new IOException(sent + " bytes came, and " + to.byteSize() + " are expected");
    }
    for (long at = 0; at < sent; at += PIECE) {
      int length = (int) Math.min(PIECE, sent - at);
      in.readFully(piece, 0, length);
      MemorySegment.copy(MemorySegment.ofArray(piece), 0, to, at, length);
    }
  }
}
