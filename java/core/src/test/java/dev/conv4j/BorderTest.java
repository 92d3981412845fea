package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BorderTest {

  /** Coordinates -3 to 6 of an input of four, as the documentation of torch draws them. */
  @ParameterizedTest
  @CsvSource({
    "ZEROS,     '-1,-1,-1,0,1,2,3,-1,-1,-1'",
    "REFLECT,   '3,2,1,0,1,2,3,2,1,0'",
    "REPLICATE, '0,0,0,0,1,2,3,3,3,3'",
    "CIRCULAR,  '1,2,3,0,1,2,3,0,1,2'"
  })
  void coordinatesOutsideAreMappedInside(Border border, String expected) {
    assertArrayEquals(
        LongStream.of(
                java.util.Arrays.stream(expected.split(",", -1))
                    .mapToLong(Long::parseLong)
                    .toArray())
            .toArray(),
        LongStream.range(-3, 7).map(at -> border.resolve(at, 4)).toArray());
  }
}
