/**
 * CLBlast on the first OpenCL device of this machine, through its C interface and the foreign
 * function interface.
 */
package dev.conv4j.peer.clblast;
