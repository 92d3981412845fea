/**
 * What backends that launch kernels share, so that OpenCL and CUDA differ only in how they talk to
 * a driver: the parameter block, tunings and their store, certification, quarantine, and private
 * files on disk.
 */
package dev.conv4j.spi.kernels;
