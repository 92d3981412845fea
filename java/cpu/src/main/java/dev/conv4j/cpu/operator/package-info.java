/**
 * Operators of networks beside convolution, with vectors: without them a network's own plain loops
 * are as good. Everything is f32, split over the threads where no sum is split.
 */
package dev.conv4j.cpu.operator;
