/** The OpenCL backend: any vendor's device, through JOCL. */
@NullMarked
package dev.conv4j.opencl;

import org.jspecify.annotations.NullMarked;
