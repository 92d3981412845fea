/**
 * The CUDA backend: NVIDIA GPUs through JCuda's driver API. Nothing but the driver is needed: the
 * kernels are inside, compiled.
 */
@org.jspecify.annotations.NullMarked
package dev.conv4j.cuda;
