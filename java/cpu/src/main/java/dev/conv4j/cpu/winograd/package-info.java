/**
 * Winograd's minimal filtering: tiles of the input are transformed to a number of points,
 * multiplied there as one matrix product for each point, and transformed back. (Lavin and Gray,
 * "Fast Algorithms for Convolutional Neural Networks", section 4.)
 */
package dev.conv4j.cpu.winograd;
