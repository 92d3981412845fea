import org.jspecify.annotations.NullMarked;

/** Convolutional networks from ONNX files, run on conv4j's engine. */
@NullMarked
module dev.conv4j.onnx {
  requires transitive dev.conv4j.core;
  requires static transitive org.jspecify;

  exports dev.conv4j.onnx;
}
