# Read by ./conv4j, ./test and .ci/run (plain sh, also macOS's): what they need to start Maven.

JDK_MIN=25

# The feature version of the JDK in folder $1; fails where there is none. Its release file is asked first, because
# starting a JVM for each candidate would cost more than everything else here.
jdk_version() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  jdk_v=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
  [ -n "$jdk_v" ] || jdk_v=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [ -n "$jdk_v" ] && echo "$jdk_v"
}

# Prints, one a line, where JDKs usually are.
jdk_places() {
  for jdk_dir in \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/openjdk* /opt/* /opt/java/* /opt/jvm/* \
    "${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.jenv/versions/* \
    "${ASDF_DATA_DIR:-${HOME:-}/.asdf}"/installs/java/* "${HOME:-}"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -d "$jdk_dir" ] && echo "$jdk_dir"
  done
  [ ! -x /usr/libexec/java_home ] || /usr/libexec/java_home -v "$JDK_MIN+" 2>/dev/null
}

# Sets and exports JAVA_HOME, or fails. What the user points at comes first: JAVA_HOME, then java on the PATH, if new
# enough; of what lies about, the version we are built for goes before a newer one.
find_jdk() {
  jdk_path=$(command -v java 2>/dev/null) && jdk_path=$(readlink -f "$jdk_path" 2>/dev/null || echo "$jdk_path")
  for jdk_home in "${JAVA_HOME:-}" "${jdk_path%/bin/java}"; do
    if [ -n "$jdk_home" ] && jdk_found=$(jdk_version "$jdk_home") && [ "$jdk_found" -ge "$JDK_MIN" ]; then
      JAVA_HOME=$jdk_home
      export JAVA_HOME
      return 0
    fi
  done
  JAVA_HOME=$(jdk_places | {
    jdk_newer=
    while IFS= read -r jdk_home; do
      jdk_found=$(jdk_version "$jdk_home") || continue
      [ "$jdk_found" -ne "$JDK_MIN" ] || { jdk_newer=$jdk_home; break; }
      [ "$jdk_found" -lt "$JDK_MIN" ] || jdk_newer=$jdk_home
    done
    echo "$jdk_newer"
  })
  export JAVA_HOME
  [ -n "$JAVA_HOME" ]
}

no_jdk() {
  echo "$1: no JDK $JDK_MIN or newer found: install one (Debian, Ubuntu: apt-get install openjdk-$JDK_MIN-jdk;" \
    "macOS: brew install openjdk; anywhere: sdk install java $JDK_MIN-tem) or set JAVA_HOME to it." >&2
  exit 3
}

no_maven() {
  echo "$1: mvn is not on the PATH: install Maven 3.6.3 or newer (Debian, Ubuntu: apt-get install maven;" \
    "macOS: brew install maven)." >&2
  exit 3
}

# Maven's own libraries do what a JDK of today warns about; the warnings are not for whoever builds this.
quiet_maven() {
  MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
  export MAVEN_OPTS
}

# What the checkout in folder $1 is, for the version file: a commit, marked where files differ from it. Also right where
# the folder belongs to somebody else, as it often does in a container.
commit() {
  git -c safe.directory="$1" -C "$1" describe --always --dirty --abbrev=10 --match=none 2>/dev/null || echo unknown
}
