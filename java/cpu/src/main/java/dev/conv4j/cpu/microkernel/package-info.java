/**
 * The innermost loops: matrix products of tiles that fit the registers, and moves of data into the
 * order they want. One loop nest for each method, named by its tile.
 */
package dev.conv4j.cpu.microkernel;
