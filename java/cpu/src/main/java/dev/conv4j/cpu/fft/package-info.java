/** Large filters by Fourier transforms. Loaded only where vectors may be used. */
package dev.conv4j.cpu.fft;
