package dev.conv4j.spi;

import org.jspecify.annotations.Nullable;

/**
 * The memory of one run. Blocks may be larger than the operand; the operand starts at the block's
 * beginning.
 *
 * @param first x, or dy for backward-data
 * @param second w (or its packed form), or dy for backward-filter
 * @param secondPacked whether {@code second} was written by {@link Executable#packFilter}
 * @param bias one value per result channel, present exactly when the epilogue says so
 * @param residual a tensor like the result, present exactly when the epilogue says so; may be the
 *     result itself
 * @param result where y, dx or dw goes; every element is written
 * @param workspace scratch of at least {@link Executable#workspaceBytes} bytes with arbitrary
 *     contents, or null when 0
 */
public record ConvOperands(
    Block first,
    Block second,
    boolean secondPacked,
    @Nullable Block bias,
    @Nullable Block residual,
    Block result,
    @Nullable Block workspace) {}
