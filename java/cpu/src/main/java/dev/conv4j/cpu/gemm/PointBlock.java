package dev.conv4j.cpu.gemm;

/**
 * Neighbouring result points that one thread computes at a time.
 *
 * @param grid which grid
 * @param n row of the batch
 * @param group the group
 * @param slice the points' place along depth
 * @param row the first point's place along height
 * @param column where along width the block's rows begin: 0 for a block of whole rows
 * @param first the first point's index in the plane of height and width
 * @param count points
 * @param rows rows the points are in
 * @param columns points of a row, or of the piece of a row
 */
public record PointBlock(
    int grid,
    long n,
    long group,
    long slice,
    long row,
    long column,
    long first,
    int count,
    int rows,
    int columns) {}
