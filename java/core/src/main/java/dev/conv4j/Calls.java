package dev.conv4j;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the one-call forms of {@link Engine} make of their tensors. */
final class Calls {

  private Calls() {}

  static ConvolutionBuilder spec(Tensor x, long stride, long padding, long dilation, long groups) {
    return Convolution.builder()
        .batch(x.shape().dim(0))
        .channels(x.shape().dim(1))
        .input(space(x.shape()))
        .stride(stride)
        .padding(padding)
        .dilation(dilation)
        .groups(groups);
  }

  static ConvOptionsBuilder options(Tensor x, Tensor w, @Nullable Tensor bias) {
    return ConvOptions.builder()
        .types(x.type(), w.type(), x.type())
        .layout(x.layout())
        .filterLayout(w.layout())
        .epilogue(bias == null ? Epilogue.NONE : Epilogue.BIAS);
  }

  static void requireRank(String name, Tensor tensor, int rank) {
    if (tensor.shape().rank() != rank + 2) {
      throw new InvalidArgumentException(
          "shape of " + name, tensor.shape(), (rank + 2) + " dimensions");
    }
  }

  static long[] space(Shape shape) {
    long[] dims = shape.dims();
    return Arrays.copyOfRange(dims, 2, dims.length);
  }
}
