package dev.conv4j.onnx.proto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.conv4j.InvalidArgumentException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Walks the fields of one protobuf message in memory. Every length is checked against the message
 * that encloses it, so nothing is read or allocated on the word of a damaged file. Not thread-safe.
 *
 * <p>The wire format is that of "Protocol Buffers Encoding" (protobuf.dev).
 */
public final class ProtoReader {

  /** Deeper than any network nests subgraphs, shallower than any stack. */
  private static final int MAX_DEPTH = 100;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int GROUP = 3;
  private static final int END_GROUP = 4;
  private static final int FIXED32 = 5;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String source;
  private final MemorySegment memory;
  private final int depth;
  private final long end;
  private long position;
  private int field;
  private int wire;

  private ProtoReader(String source, MemorySegment memory, long from, long end, int depth) {
    this.source = source;
    this.memory = memory;
    this.position = from;
    this.end = end;
    this.depth = depth;
  }

  /**
   * Reads a whole message.
   *
   * @param source what it is, for error messages
   * @param memory exactly the message
   */
  public static ProtoReader of(String source, MemorySegment memory) {
    return new ProtoReader(source, memory, 0, memory.byteSize(), 0);
  }

  /** Moves to the next field; false at the end of the message. */
  public boolean next() {
    if (position >= end) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    wire = (int) (tag & 7);
    if (tag >>> 32 != 0 || field == 0) {
      throw malformed("a field has number " + (tag >>> 3));
    }
    return true;
  }

  /** Returns the number of the field {@link #next} moved to. */
  public int field() {
    return field;
  }

  /** Returns whether the field holds bytes: a message, a string, or packed numbers. */
  public boolean isLengthDelimited() {
    return wire == LENGTH;
  }

  /** Reads the field as a number: a varint, or the bits of a fixed one. */
  public long number() {
    return switch (wire) {
      case VARINT -> varint();
      case FIXED32 -> fixed32();
      case FIXED64 -> fixed64();
      default -> throw malformed("field " + field + " is not a number");
    };
  }

  /** Reads the field as a float. */
  public float real() {
    if (wire != FIXED32) {
      throw malformed("field " + field + " is not a float");
    }
    return Float.intBitsToFloat(fixed32());
  }

  /** Reads the field as a double. */
  public double real64() {
    if (wire != FIXED64) {
      throw malformed("field " + field + " is not a double");
    }
    return Double.longBitsToDouble(fixed64());
  }

  /** Reads the field as bytes, in place. */
  public MemorySegment bytes() {
    long length = length();
    MemorySegment slice = memory.asSlice(position, length);
    position += length;
    return slice;
  }

  /** Reads the field as text. */
  public String text() {
    long length = length();
    if (length > Integer.MAX_VALUE - 8) {
      throw malformed("a name has " + length + " bytes");
    }
    ByteBuffer utf8 = memory.asSlice(position, length).asByteBuffer();
    position += length;
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(utf8)
          .toString();
    } catch (CharacterCodingException notText) {
      throw malformed("a name is not UTF-8");
    }
  }

  /** Reads the field as a message. */
  public ProtoReader message() {
    if (depth >= MAX_DEPTH) {
      throw malformed("messages are nested more than " + MAX_DEPTH + " deep");
    }
    long length = length();
    ProtoReader inner = new ProtoReader(source, memory, position, position + length, depth + 1);
    position += length;
    return inner;
  }

  /** Reads numbers of a repeated field, packed or one of them, into a list. */
  public void numbers(LongList target) {
    if (wire != LENGTH) {
      target.add(number());
      return;
    }
    long length = length();
    ProtoReader packed = new ProtoReader(source, memory, position, position + length, depth);
    while (packed.position < packed.end) {
      target.add(packed.varint());
    }
    position += length;
  }

  /** Passes over the field, whatever it holds. */
  public void skip() {
    switch (wire) {
      case VARINT -> varint();
      case FIXED32 -> fixed32();
      case FIXED64 -> fixed64();
      case LENGTH -> bytes();
      case GROUP -> skipGroup();
      default -> throw malformed("wire type " + wire + " has no place here");
    }
  }

  private void skipGroup() {
    int[] open = new int[MAX_DEPTH];
    int count = 0;
    open[count++] = field;
    while (count > 0) {
      if (!next()) {
        throw malformed("group " + open[count - 1] + " has no end");
      }
      if (wire == GROUP) {
        if (count == MAX_DEPTH) {
          throw malformed("groups are nested more than " + MAX_DEPTH + " deep");
        }
        open[count++] = field;
      } else if (wire == END_GROUP) {
        if (field != open[--count]) {
          throw malformed("group " + open[count] + " ends as " + field);
        }
      } else {
        skip();
      }
    }
  }

  private long length() {
    if (wire != LENGTH) {
      throw malformed("field " + field + " has wire type " + wire + " instead of a length");
    }
    long length = varint();
    if (length < 0 || length > end - position) {
      throw malformed(
          "field "
              + field
              + " claims "
              + Long.toUnsignedString(length)
              + " bytes where "
              + (end - position)
              + " are left");
    }
    return length;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (position >= end) {
        throw malformed("a number is cut off");
      }
      byte next = memory.get(JAVA_BYTE, position++);
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("a number has more than ten bytes");
  }

  private int fixed32() {
    need(4);
    int value = memory.get(INT, position);
    position += 4;
    return value;
  }

  private long fixed64() {
    need(8);
    long value = memory.get(LONG, position);
    position += 8;
    return value;
  }

  private void need(int bytes) {
    if (end - position < bytes) {
      throw malformed("a number is cut off");
    }
  }

  /** Returns the error for what was found at this place. */
  public InvalidArgumentException malformed(String what) {
    return new InvalidArgumentException(
        source, "malformed (at byte " + position + " " + what + ")", "a complete ONNX file");
  }
}
