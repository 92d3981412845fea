/** The user's view: problems, tensors, engines, plans. */
package dev.conv4j;
