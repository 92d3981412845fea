package dev.conv4j.spi.kernels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files that outlive the process and that nobody else may plant: extracted libraries, program
 * binaries, tunings, quarantine. The directory belongs to the user with mode 0700; files appear
 * whole or not at all, by an atomic rename. Everything here is best effort: a machine without a
 * writable home works, it only remembers nothing. Thread-safe, and safe between processes.
 *
 * <p>The place is the property {@code conv4j.cache}, else {@code $XDG_CACHE_HOME/conv4j}, else
 * {@code ~/.cache/conv4j}.
 */
public final class CacheDirectory {

  private static final System.Logger LOG = System.getLogger("dev.conv4j");
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private final @Nullable Path root;

  private CacheDirectory(@Nullable Path root) {
    this.root = root;
  }

  /** Opens the user's directory, or one that remembers nothing where that is not possible. */
  public static CacheDirectory open() {
    return at(place());
  }

  /**
   * Opens a directory, or one that remembers nothing where that is not possible.
   *
   * @param path created when missing; refused when it belongs to somebody else or others may write
   *     to it
   */
  public static CacheDirectory at(Path path) {
    try {
      makePrivate(path);
      return new CacheDirectory(path);
    } catch (IOException | SecurityException refused) {
      LOG.log(System.Logger.Level.DEBUG, "no cache at {0}: {1}", path, refused.toString());
      return new CacheDirectory(null);
    }
  }

  private static Path place() {
    String property = System.getProperty("conv4j.cache");
    if (property != null && !property.isBlank()) {
      return Path.of(property);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && Path.of(xdg).isAbsolute()) {
      return Path.of(xdg, "conv4j");
    }
    return Path.of(System.getProperty("user.home", "."), ".cache", "conv4j");
  }

  /** Returns the directory, or empty when there is none to write to. */
  public Optional<Path> path() {
    return Optional.ofNullable(root);
  }

  /**
   * Returns a file's content, or empty when there is none.
   *
   * @param name relative, with slashes
   */
  public Optional<byte[]> read(String name) {
    if (root == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readAllBytes(root.resolve(name)));
    } catch (IOException | SecurityException missing) {
      return Optional.empty();
    }
  }

  /**
   * Writes a file whole or not at all.
   *
   * @param name relative, with slashes
   * @param content what it will hold
   * @return the file, or empty when it could not be written
   */
  public Optional<Path> write(String name, byte[] content) {
    if (root == null) {
      return Optional.empty();
    }
    try {
      Path file = root.resolve(name);
      makePrivate(directoryOf(file));
      writeAtomically(file, content);
      return Optional.of(file);
    } catch (IOException | SecurityException failed) {
      LOG.log(System.Logger.Level.DEBUG, "cannot write {0}: {1}", name, failed.toString());
      return Optional.empty();
    }
  }

  /**
   * Appends a line; lines of several processes do not mix.
   *
   * @param name relative, with slashes
   * @param line without its end
   * @return whether it was written
   */
  public boolean append(String name, String line) {
    if (root == null) {
      return false;
    }
    try {
      Path file = root.resolve(name);
      makePrivate(directoryOf(file));
      // One write call in append mode: the system keeps such writes apart.
      Files.write(
          file,
          (line + "\n").getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return true;
    } catch (IOException | SecurityException failed) {
      LOG.log(System.Logger.Level.DEBUG, "cannot append to {0}: {1}", name, failed.toString());
      return false;
    }
  }

  /**
   * Returns a file with this very content at a place named by the content, writing it when it is
   * missing or differs: an extracted library, for example.
   *
   * @param name the file's own name
   * @param content what it holds
   * @throws IOException if no directory will take it
   */
  public Path contentAddressed(String name, byte[] content) throws IOException {
    String hash = sha256(content);
    Path base =
        root != null
            ? root.resolve("lib").resolve(hash.substring(0, 32))
            : Files.createTempDirectory("conv4j-");
    makePrivate(base);
    Path file = base.resolve(name);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        || !sha256(Files.readAllBytes(file)).equals(hash)) {
      writeAtomically(file, content);
    }
    return file;
  }

  /** Returns the SHA-256 of some bytes in hexadecimal. */
  public static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  /** Returns the SHA-256 of a text in hexadecimal. */
  public static String sha256(String text) {
    return sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Path directoryOf(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IOException(file + " has no directory");
    }
    return parent;
  }

  private static void makePrivate(Path directory) throws IOException {
    if (!POSIX) {
      Files.createDirectories(directory);
      return;
    }
    Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(mine));
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(directory);
    if (found.contains(PosixFilePermission.GROUP_WRITE)
        || found.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("others may write to " + directory);
    }
    String owner = Files.getOwner(directory).getName();
    String user = System.getProperty("user.name", owner);
    if (!owner.equals(user) && !owner.equals("root")) {
      throw new IOException(directory + " belongs to " + owner);
    }
  }

  private static void writeAtomically(Path file, byte[] content) throws IOException {
    Path fresh = Files.createTempFile(directoryOf(file), ".new-", null);
    try {
      Files.write(fresh, content);
      try {
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException plain) {
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
