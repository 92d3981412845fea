# docker build -t conv4j .                    CPU, OpenCL and CUDA (run with --gpus all)
# docker build -t conv4j --target cpu .       the CPU only
# docker build --target test .                ./test on PoCL and Oclgrind
#
# --build-arg COMMIT=$(git describe --always --dirty --abbrev=10 --match=none) lets results carry the commit.

FROM eclipse-temurin:25-jdk-noble AS source
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /conv4j
COPY . .

FROM source AS test
RUN ./test

FROM source AS build
ARG COMMIT=unknown
RUN mvn -B -ntp -Pfast -Dmaven.test.skip=true -Dconv4j.commit="$COMMIT" -pl java/cli -am package \
 && mkdir /app \
 && cp java/cli/target/fast/conv4j-cli-*.jar java/cli/target/fast/lib/*.jar /app
# java.desktop reads and writes images, jdk.management watches memory, the rest is what the libraries ask for.
RUN jlink --output /jre --strip-debug --no-header-files --no-man-pages --compress zip-6 \
    --add-modules java.base,java.desktop,java.logging,java.management,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.unsupported,jdk.zipfs

FROM ubuntu:24.04 AS cpu
COPY --from=build /jre /opt/jre
COPY --from=build /app /opt/conv4j
RUN useradd --create-home conv4j
USER conv4j
WORKDIR /home/conv4j
ENTRYPOINT ["/opt/jre/bin/java", "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", \
            "-cp", "/opt/conv4j/*", "dev.conv4j.cli.Main"]
CMD ["--help"]

# The drivers are put in by NVIDIA's container toolkit; older ones forget to tell the OpenCL loader.
FROM cpu AS gpu
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends ocl-icd-libopencl1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /etc/OpenCL/vendors \
 && echo libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER conv4j
