/**
 * Convolutions as matrix products: {@code result[pixel][column] = Σ A[pixel][channel, tap] ·
 * B[channel, tap][column]}, where columns are the channels of the result.
 */
package dev.conv4j.cpu.gemm;
