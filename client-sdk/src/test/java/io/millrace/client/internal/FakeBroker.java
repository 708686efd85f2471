package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.client.api.ClientConfig;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordReader;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.EpochEndOffset;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.GetServerInfoResponse;
import io.millrace.proto.v1.InitProducerRequest;
import io.millrace.proto.v1.InitProducerResponse;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsRequest;
import io.millrace.proto.v1.ListOffsetsResponse;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceResults;
import io.millrace.proto.v1.ProduceStreamOpened;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.TopicMetadata;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A broker in a few lines, over real gRPC on a free port: one topic in memory, repeats of a
 * sequence recognised, gaps refused, and hooks that make it misbehave. One lock guards everything.
 */
final class FakeBroker implements AutoCloseable {
  static final String TOPIC = "orders";

  /** Every topic whose name begins so is there, with one partition; its records are counted. */
  static final String MANY = "many-";

  /** The largest message that it takes. */
  static final int MESSAGE_BYTES = 100_000;

  private static final long SLOW_MS = 8;

  /** What to do with a frame instead of answering it. */
  enum Fault {
    NONE,
    /** Append, then cut the stream without an answer. */
    APPEND_AND_CUT,
    /** Cut the stream before anything is appended. */
    CUT
  }

  final List<List<RecordBatch>> partitions = new ArrayList<>();
  final List<Error> refusals = new ArrayList<>();
  final AtomicInteger metadataCalls = new AtomicInteger();

  /** The most topics that one metadata request named. */
  final AtomicInteger mostTopicsAsked = new AtomicInteger();

  final AtomicInteger infoCalls = new AtomicInteger();

  /** How many produce streams have been opened and not ended by the client. */
  final AtomicInteger produceStreams = new AtomicInteger();

  /** What each of the many topics has, by id. */
  private final Map<ByteString, List<RecordBatch>> many = new HashMap<>();

  final AtomicInteger frames = new AtomicInteger();

  /** Told the number of each frame, from 1, unless it came after its stream's end. */
  Function<Integer, Fault> fault = frame -> Fault.NONE;

  /** Turns the answer to a frame into what is sent. */
  UnaryOperator<List<ProduceFrameResult>> onResult = results -> results;

  /** How many partitions a produce stream takes; 0 for any number, which it does not tell. */
  volatile int streamPartitions;

  /** What a cut stream ends with. */
  volatile Status cutStatus = Status.UNAVAILABLE.withDescription("cut by the test");

  /** The largest batch that the topic takes. */
  volatile int topicBytes = Integer.MAX_VALUE;

  /** Batches that came with a CRC that does not fit their bytes. */
  final AtomicInteger corrupt = new AtomicInteger();

  /** Told every batch that comes, whatever becomes of it. */
  Consumer<RecordBatch> onBatch = batch -> {};

  /** Turns the bytes of a fetched batch into what is sent. */
  Function<byte[], byte[]> onFetch = bytes -> bytes;

  /** Turns a message of a fetch stream into those that are sent. */
  Function<FetchStreamResponse, List<FetchStreamResponse>> onSend = List::of;

  /** Run before each answer to a metadata request. */
  Runnable onMetadata = () -> {};

  /** Turns the answer to a metadata request into what is sent. */
  volatile UnaryOperator<GetMetadataResponse> onTold = answer -> answer;

  /** Whether who asks for an identity waits until {@link #releaseIdentity}. */
  volatile boolean holdsIdentities;

  /** How many of the next produce streams are opened twice. */
  volatile int doubleOpenings;

  /** Whether who asks for an identity gets no answer. */
  volatile boolean hidesIdentities;

  /** Whether frames are read one at a time, with a pause after each. */
  volatile boolean readsSlowly;

  /** Whether no producer gets an identity. */
  volatile boolean refusesIdentities;

  /** Whether a new subscription is told where its partition stands, before any records. */
  volatile boolean tellsPosition = true;

  /** Whether metadata requests get no answer at all. */
  volatile boolean silent;

  /** Whether offsets are not told until they are released. */
  volatile boolean holdsOffsets;

  /** Told instead of offsets, if there is one. */
  volatile Optional<Error> offsetRefusal = Optional.empty();

  /** How often offsets were asked for. */
  final AtomicInteger offsetCalls = new AtomicInteger();

  /** How many of those calls were given up by who made them. */
  final AtomicInteger cancelledOffsetCalls = new AtomicInteger();

  /** Whether the answers to frames are held back until they are released. */
  volatile boolean holdsAnswers;

  /** The partition whose answers it holds; -1 for none. */
  volatile int holdsAnswersOf = -1;

  /** Whether frames get no answer; what came is not appended. */
  volatile boolean answersNothing;

  /** Whether nobody is told the limits: the request gets no answer. */
  volatile boolean hidesLimits;

  /** Told the partition of each subscription; what it returns is answered instead. */
  Function<Integer, Optional<Error>> onSubscribe = partition -> Optional.empty();

  /** The broker that who names a rack is sent to, unless it is to stay; 0 for nobody. */
  volatile int nearReplica;

  /** How often somebody was sent there. */
  final AtomicInteger redirects = new AtomicInteger();

  /** The racks that fetch streams were opened with. */
  final List<String> racks = new CopyOnWriteArrayList<>();

  /** The offsets that records were asked for from, of all subscriptions that were served. */
  final List<Long> served = new CopyOnWriteArrayList<>();

  /** The last fetched epochs of all subscriptions that were served. */
  final List<Integer> lastFetchedEpochs = new CopyOnWriteArrayList<>();

  /** Where subscriptions that name a last fetched epoch are told that their log parts; -1 never. */
  volatile long divergesFrom = -1;

  /** Answers who wants records deleted. */
  volatile Function<DeleteRecordsRequest, DeleteRecordsResponse> onDelete =
      request -> DeleteRecordsResponse.getDefaultInstance();

  /** The groups that it coordinates. */
  final FakeGroups groups = new FakeGroups();

  volatile long logStart;
  UUID topicId = UUID.randomUUID();

  private final List<Fetcher> fetchers = new ArrayList<>();
  private final List<Runnable> heldAnswers = new ArrayList<>();

  /** Whether deletions are never answered. */
  volatile boolean holdsDeletions;

  /** How many deletions were given up by who asked for them. */
  final AtomicInteger cancelledDeletions = new AtomicInteger();

  private final List<Runnable> heldOffsets = new ArrayList<>();
  private final List<Runnable> heldIdentities = new ArrayList<>();
  private final List<Runnable> produceStreamCuts = new ArrayList<>();
  private Server server;
  private int port;
  private long lastProducerId = 100;
  private int epoch;

  FakeBroker(int partitionCount) {
    for (int i = 0; i < partitionCount; i++) {
      partitions.add(new ArrayList<>());
    }
    start();
  }

  /** Deletes the topic and creates it again. */
  synchronized void recreateTopic() {
    topicId = UUID.randomUUID();
    partitions.forEach(List::clear);
  }

  /** Deletes the topic and creates it again with the same records. */
  synchronized void renameTopicId() {
    topicId = UUID.randomUUID();
  }

  void start() {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .directExecutor()
              .maxInboundMessageSize(MESSAGE_BYTES)
              .addService(new MetadataApi())
              .addService(new ProducerApi())
              .addService(new FetchApi())
              .addService(new TopicApi())
              .addService(groups.groupApi())
              .addService(groups.offsetApi())
              .build()
              .start();
      port = server.getPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  void stop() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  int port() {
    return port;
  }

  ClientConfig.Builder config() {
    return ClientConfig.builder()
        .bootstrap(io.millrace.client.api.BrokerAddress.parseList("127.0.0.1:" + port));
  }

  /** Sends who names a rack to another one, which is broker 2 and has the same topic. */
  void sendsReadersTo(FakeBroker replica) {
    replica.topicId = topicId;
    onTold = answer -> withSecond(answer, replica).build();
    nearReplica = 2;
  }

  /** An answer that tells of another one as broker 2. */
  static GetMetadataResponse.Builder withSecond(GetMetadataResponse answer, FakeBroker second) {
    return answer.toBuilder()
        .addBrokers(
            BrokerEndpoint.newBuilder().setNodeId(2).setHost("127.0.0.1").setPort(second.port()));
  }

  /** Appends the first batch of a partition once more and sends it to whoever fetches. */
  synchronized void appendFirstAgain(int partition) {
    List<RecordBatch> log = partitions.get(partition);
    ByteBuffer copy = ByteBuffer.allocate(log.get(0).sizeInBytes());
    copy.put(log.get(0).slice()).flip();
    RecordBatch.stamp(copy, 0, end(log), epoch);
    log.add(RecordBatch.at(copy, 0));
    fetchers.forEach(Fetcher::push);
  }

  /** The values of a partition in order. */
  synchronized List<String> values(int partition) {
    List<String> values = new ArrayList<>();
    for (RecordBatch batch : partitions.get(partition)) {
      RecordReader.forEach(batch, 1 << 20, record -> values.add(text(record)));
    }
    return values;
  }

  /** How many records each of the many topics has that were looked up. */
  synchronized List<Long> manyEnds() {
    return many.values().stream().map(FakeBroker::end).toList();
  }

  private static String text(Record record) {
    ByteBuffer value = record.value();
    return value == null ? "" : StandardCharsets.UTF_8.decode(value.duplicate()).toString();
  }

  synchronized void refuseNext(ErrorCode code, int times) {
    for (int i = 0; i < times; i++) {
      refusals.add(Error.newBuilder().setCode(code).setMessage("refused by the test").build());
    }
  }

  private static long end(List<RecordBatch> log) {
    return log.isEmpty() ? 0 : log.get(log.size() - 1).nextOffset();
  }

  @Override
  public void close() {
    stop();
  }

  private final class MetadataApi extends MetadataServiceGrpc.MetadataServiceImplBase {
    @Override
    public void getMetadata(
        GetMetadataRequest request, StreamObserver<GetMetadataResponse> observer) {
      metadataCalls.incrementAndGet();
      mostTopicsAsked.accumulateAndGet(request.getTopicsCount(), Math::max);
      onMetadata.run();
      if (silent) {
        return;
      }
      GetMetadataResponse.Builder answer =
          GetMetadataResponse.newBuilder()
              .setClusterId("test")
              .addBrokers(
                  BrokerEndpoint.newBuilder().setNodeId(1).setHost("127.0.0.1").setPort(port));
      for (String name : request.getTopicsList()) {
        answer.addTopics(
            name.equals(TOPIC) ? topic() : name.startsWith(MANY) ? oneOfMany(name) : unknown(name));
      }
      for (ByteString id : request.getTopicIdsList()) {
        if (id.equals(Uuids.toBytes(topicId))) {
          answer.addTopics(topic());
        }
      }
      observer.onNext(onTold.apply(answer.build()));
      observer.onCompleted();
    }

    @Override
    public void findCoordinator(
        FindCoordinatorRequest request, StreamObserver<FindCoordinatorResponse> observer) {
      groups.lookUps.incrementAndGet();
      observer.onNext(
          FindCoordinatorResponse.newBuilder()
              .setCoordinator(
                  BrokerEndpoint.newBuilder().setNodeId(1).setHost("127.0.0.1").setPort(port))
              .build());
      observer.onCompleted();
    }

    @Override
    public void getServerInfo(
        GetServerInfoRequest request, StreamObserver<GetServerInfoResponse> observer) {
      infoCalls.incrementAndGet();
      if (hidesLimits) {
        return;
      }
      observer.onNext(GetServerInfoResponse.newBuilder().setMaxMessageBytes(MESSAGE_BYTES).build());
      observer.onCompleted();
    }

    private TopicMetadata topic() {
      TopicMetadata.Builder topic =
          TopicMetadata.newBuilder().setName(TOPIC).setTopicId(Uuids.toBytes(topicId));
      for (int i = 0; i < partitions.size(); i++) {
        topic.addPartitions(
            PartitionMetadata.newBuilder().setPartition(i).setLeaderId(1).setLeaderEpoch(epoch));
      }
      return topic.build();
    }

    private TopicMetadata oneOfMany(String name) {
      UUID id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
      synchronized (FakeBroker.this) {
        many.putIfAbsent(Uuids.toBytes(id), new ArrayList<>());
      }
      return TopicMetadata.newBuilder()
          .setName(name)
          .setTopicId(Uuids.toBytes(id))
          .addPartitions(PartitionMetadata.newBuilder().setLeaderId(1).setLeaderEpoch(epoch))
          .build();
    }

    private TopicMetadata unknown(String name) {
      return TopicMetadata.newBuilder()
          .setName(name)
          .setError(
              Error.newBuilder()
                  .setCode(ErrorCode.ERROR_CODE_UNKNOWN_TOPIC)
                  .setMessage("topic: " + name))
          .build();
    }
  }

  private final class ProducerApi extends ProducerServiceGrpc.ProducerServiceImplBase {
    @Override
    public void initProducer(
        InitProducerRequest request, StreamObserver<InitProducerResponse> observer) {
      if (hidesIdentities) {
        return;
      }
      if (refusesIdentities) {
        observer.onError(
            Status.PERMISSION_DENIED.withDescription("no identity").asRuntimeException());
        return;
      }
      synchronized (FakeBroker.this) {
        if (holdsIdentities) {
          heldIdentities.add(() -> grant(request, observer));
        } else {
          grant(request, observer);
        }
      }
    }

    private void grant(InitProducerRequest request, StreamObserver<InitProducerResponse> observer) {
      boolean again = request.getProducerId() > 0;
      observer.onNext(
          InitProducerResponse.newBuilder()
              .setProducerId(again ? request.getProducerId() : ++lastProducerId)
              .setProducerEpoch(again ? request.getProducerEpoch() + 1 : 0)
              .build());
      observer.onCompleted();
    }

    @Override
    public StreamObserver<ProduceStreamRequest> produceStream(
        StreamObserver<ProduceStreamResponse> answers) {
      ServerCallStreamObserver<ProduceStreamResponse> call =
          (ServerCallStreamObserver<ProduceStreamResponse>) answers;
      boolean slow = readsSlowly;
      if (slow) {
        call.disableAutoRequest();
        call.request(1);
      }
      return new StreamObserver<>() {
        {
          synchronized (FakeBroker.this) {
            produceStreamCuts.add(this::cut);
          }
          produceStreams.incrementAndGet();
        }

        private final Set<ByteString> topics = new HashSet<>();
        private boolean over;

        /** The partitions whose frames are refused until they resume. */
        private final Set<List<Object>> failed = new HashSet<>();

        private Acks acks = Acks.ACKS_ALL;

        @Override
        public void onNext(ProduceStreamRequest request) {
          synchronized (FakeBroker.this) {
            switch (request.getMessageCase()) {
              case OPEN -> {
                acks = request.getOpen().getAcks();
                answers.onNext(opened());
                if (doubleOpenings > 0) {
                  doubleOpenings--;
                  answers.onNext(opened());
                }
              }
              case FRAME -> frame(request.getFrame());
              case RESUME ->
                  failed.remove(
                      List.of(
                          request.getResume().getTopicId(), request.getResume().getPartition()));
              case MESSAGE_NOT_SET -> throw new AssertionError("an empty message");
            }
          }
          if (slow) {
            CompletableFuture.delayedExecutor(SLOW_MS, TimeUnit.MILLISECONDS)
                .execute(() -> call.request(1));
          }
        }

        private void frame(ProduceFrame frame) {
          int number = frames.incrementAndGet();
          if (over || answersNothing) {
            return;
          }
          Fault what = fault.apply(number);
          // Good for topics of one partition.
          topics.add(frame.getBatch().getTopicId());
          if (streamPartitions > 0 && topics.size() > streamPartitions) {
            cut();
            return;
          }
          if (what == Fault.CUT) {
            cut();
            return;
          }
          List<Object> partition =
              List.of(frame.getBatch().getTopicId(), frame.getBatch().getPartition());
          PartitionProduceResult result =
              failed.contains(partition) ? previousFailed(frame) : append(frame.getBatch());
          if (result.hasError()) {
            failed.add(partition);
          }
          if (what == Fault.APPEND_AND_CUT) {
            cut();
          } else if (acks != Acks.ACKS_NONE || result.hasError()) {
            answer(frame, result);
          }
        }

        private void answer(ProduceFrame frame, PartitionProduceResult result) {
          ProduceFrameResult honest =
              ProduceFrameResult.newBuilder()
                  .setFrameId(frame.getFrameId())
                  .setResult(result)
                  .build();
          Runnable send =
              () -> {
                if (!over) {
                  ProduceResults results =
                      ProduceResults.newBuilder()
                          .addAllResults(onResult.apply(List.of(honest)))
                          .build();
                  answers.onNext(ProduceStreamResponse.newBuilder().setResults(results).build());
                }
              };
          if (holdsAnswers || frame.getBatch().getPartition() == holdsAnswersOf) {
            heldAnswers.add(send);
          } else {
            send.run();
          }
        }

        private void cut() {
          if (over) {
            return;
          }
          over = true;
          answers.onError(cutStatus.asException());
        }

        @Override
        public void onError(Throwable t) {
          over = true;
          produceStreams.decrementAndGet();
        }

        @Override
        public void onCompleted() {
          over = true;
          produceStreams.decrementAndGet();
          answers.onCompleted();
        }
      };
    }

    private ProduceStreamResponse opened() {
      return ProduceStreamResponse.newBuilder()
          .setOpened(
              ProduceStreamOpened.newBuilder()
                  .setMaxInFlightBatches(8)
                  .setMaxPartitions(streamPartitions)
                  .setMaxInFlightBytes(1 << 20))
          .build();
    }

    private PartitionProduceResult previousFailed(ProduceFrame frame) {
      return refused(
          frame.getBatch(),
          Error.newBuilder().setCode(ErrorCode.ERROR_CODE_PREVIOUS_FRAME_FAILED).build());
    }

    private PartitionProduceResult refused(PartitionBatch batch, Error error) {
      return PartitionProduceResult.newBuilder()
          .setTopicId(batch.getTopicId())
          .setPartition(batch.getPartition())
          .setError(error)
          .setBaseOffset(-1)
          .setLastOffset(-1)
          .build();
    }

    private PartitionProduceResult append(PartitionBatch frame) {
      List<RecordBatch> one = many.get(frame.getTopicId());
      if (one != null) {
        return append(frame, one);
      }
      if (!frame.getTopicId().equals(Uuids.toBytes(topicId))) {
        return refused(
            frame, Error.newBuilder().setCode(ErrorCode.ERROR_CODE_UNKNOWN_TOPIC_ID).build());
      }
      if (!refusals.isEmpty()) {
        return refused(frame, refusals.remove(0));
      }
      if (frame.getRecords().size() > topicBytes) {
        return refused(
            frame,
            Error.newBuilder()
                .setCode(ErrorCode.ERROR_CODE_BATCH_TOO_LARGE)
                .putDetails("max_message_bytes", Integer.toString(topicBytes))
                .build());
      }
      RecordBatch batch = RecordBatch.at(ByteBuffer.wrap(frame.getRecords().toByteArray()), 0);
      onBatch.accept(batch);
      if (!batch.crcValid()) {
        corrupt.incrementAndGet();
        return refused(
            frame, Error.newBuilder().setCode(ErrorCode.ERROR_CODE_CORRUPT_BATCH).build());
      }
      return append(frame, partitions.get(frame.getPartition()));
    }

    private PartitionProduceResult append(PartitionBatch frame, List<RecordBatch> log) {
      ByteBuffer bytes = ByteBuffer.wrap(frame.getRecords().toByteArray());
      RecordBatch batch = RecordBatch.at(bytes, 0);
      for (RecordBatch old : log) {
        if (batch.hasProducerId()
            && old.producerId() == batch.producerId()
            && old.producerEpoch() == batch.producerEpoch()
            && old.baseSequence() == batch.baseSequence()) {
          return appended(frame, old, true);
        }
      }
      Optional<RecordBatch> last =
          log.stream().filter(b -> b.producerId() == batch.producerId()).reduce((a, b) -> b);
      if (batch.hasProducerId()
          && last.isPresent()
          && last.get().producerEpoch() == batch.producerEpoch()
          && last.get().lastSequence() + 1 != batch.baseSequence()) {
        return refused(
            frame, Error.newBuilder().setCode(ErrorCode.ERROR_CODE_OUT_OF_ORDER_SEQUENCE).build());
      }
      RecordBatch.stamp(bytes, 0, end(log), epoch);
      log.add(batch);
      fetchers.forEach(Fetcher::push);
      return appended(frame, batch, false);
    }

    private PartitionProduceResult appended(
        PartitionBatch frame, RecordBatch batch, boolean duplicate) {
      return PartitionProduceResult.newBuilder()
          .setTopicId(frame.getTopicId())
          .setPartition(frame.getPartition())
          .setBaseOffset(batch.baseOffset())
          .setLastOffset(batch.lastOffset())
          .setLogAppendTimeMs(-1)
          .setDuplicate(duplicate)
          .build();
    }
  }

  private final class TopicApi extends TopicServiceGrpc.TopicServiceImplBase {
    @Override
    public void deleteRecords(
        DeleteRecordsRequest request, StreamObserver<DeleteRecordsResponse> observer) {
      ((ServerCallStreamObserver<DeleteRecordsResponse>) observer)
          .setOnCancelHandler(cancelledDeletions::incrementAndGet);
      DeleteRecordsResponse answer = onDelete.apply(request);
      if (!holdsDeletions) {
        observer.onNext(answer);
        observer.onCompleted();
      }
    }
  }

  private final class FetchApi extends FetchServiceGrpc.FetchServiceImplBase {
    @Override
    public void listOffsets(
        ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> observer) {
      ((ServerCallStreamObserver<ListOffsetsResponse>) observer)
          .setOnCancelHandler(cancelledOffsetCalls::incrementAndGet);
      synchronized (FakeBroker.this) {
        offsetCalls.incrementAndGet();
        if (holdsOffsets) {
          heldOffsets.add(() -> tellOffsets(request, observer));
          return;
        }
      }
      tellOffsets(request, observer);
    }

    private void tellOffsets(
        ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> observer) {
      ListOffsetsResponse.Builder answer = ListOffsetsResponse.newBuilder();
      synchronized (FakeBroker.this) {
        for (ListOffsetsPartition question : request.getPartitionsList()) {
          if (offsetRefusal.isPresent()) {
            answer.addResults(
                ListOffsetsResult.newBuilder()
                    .setPartition(question.getPartition())
                    .setError(offsetRefusal.get()));
            continue;
          }
          List<RecordBatch> log = partitions.get(question.getPartition());
          answer.addResults(
              ListOffsetsResult.newBuilder()
                  .setPartition(question.getPartition())
                  .setOffset(
                      switch (question.getPosition()) {
                        case OFFSET_POSITION_EARLIEST -> logStart;
                        case OFFSET_POSITION_LATEST -> end(log);
                        default ->
                            log.stream()
                                .filter(b -> b.maxTimestamp() >= question.getTimestampMs())
                                .mapToLong(RecordBatch::baseOffset)
                                .findFirst()
                                .orElse(-1);
                      }));
        }
      }
      observer.onNext(answer.build());
      observer.onCompleted();
    }

    @Override
    public StreamObserver<FetchStreamRequest> fetchStream(
        StreamObserver<FetchStreamResponse> answers) {
      Fetcher fetcher = new Fetcher(answers);
      synchronized (FakeBroker.this) {
        fetchers.add(fetcher);
      }
      return fetcher;
    }
  }

  /** Gives the answers that were held back. */
  synchronized void releaseAnswers() {
    holdsAnswers = false;
    holdsAnswersOf = -1;
    heldAnswers.forEach(Runnable::run);
    heldAnswers.clear();
  }

  /** Tells the offsets that were held back. */
  synchronized void releaseOffsets() {
    holdsOffsets = false;
    heldOffsets.forEach(Runnable::run);
    heldOffsets.clear();
  }

  /** How many wait for an identity. */
  synchronized int heldIdentities() {
    return heldIdentities.size();
  }

  /** Answers whoever has waited for an identity for longest. */
  synchronized void releaseIdentity() {
    heldIdentities.remove(0).run();
  }

  /** Cuts every produce stream. */
  synchronized void cutProduceStreams() {
    produceStreamCuts.forEach(Runnable::run);
    produceStreamCuts.clear();
  }

  /** Cuts every fetch stream. */
  synchronized void cutFetches() {
    List.copyOf(fetchers).forEach(Fetcher::cut);
  }

  private final class Fetcher implements StreamObserver<FetchStreamRequest> {
    private final StreamObserver<FetchStreamResponse> answers;
    private final Map<Long, FetchPartition> subscriptions = new HashMap<>();
    private final Map<Long, Long> positions = new HashMap<>();
    private final Set<Long> paused = new HashSet<>();
    private long credits;
    private String rack = "";
    private boolean over;

    Fetcher(StreamObserver<FetchStreamResponse> answers) {
      this.answers = answers;
    }

    @Override
    public void onNext(FetchStreamRequest request) {
      synchronized (FakeBroker.this) {
        if (over) {
          return;
        }
        switch (request.getMessageCase()) {
          case OPEN -> {
            credits = request.getOpen().getCreditBytes();
            rack = request.getOpen().getRack();
            racks.add(rack);
          }
          case SUBSCRIBE -> subscribe(request.getSubscribe());
          case UNSUBSCRIBE -> forget(request.getUnsubscribe().getSubscriptionId());
          case CREDITS -> credits += request.getCredits().getBytes();
          case PAUSE ->
              pause(request.getPause().getSubscriptionId(), request.getPause().getPaused());
          default -> throw new AssertionError(request);
        }
        if (!request.hasSubscribe()) {
          push();
        }
      }
    }

    private void subscribe(SubscribePartition subscribe) {
      FetchPartition partition = subscribe.getPartition();
      Optional<Error> refusal = onSubscribe.apply(partition.getPartition());
      if (refusal.isPresent()) {
        send(
            subscribe.getSubscriptionId(),
            PartitionData.newBuilder().setError(refusal.get()).build());
        return;
      }
      if (partition.getFetchOffset() > end(partitions.get(partition.getPartition()))
          || partition.getFetchOffset() < logStart) {
        send(
            subscribe.getSubscriptionId(),
            PartitionData.newBuilder()
                .setError(
                    Error.newBuilder()
                        .setCode(ErrorCode.ERROR_CODE_OFFSET_OUT_OF_RANGE)
                        .setMessage("offset: " + partition.getFetchOffset()))
                .build());
        return;
      }
      if (nearReplica > 0 && !rack.isEmpty() && !subscribe.getStay()) {
        redirects.incrementAndGet();
        send(
            subscribe.getSubscriptionId(),
            standing(partition).setPreferredReadReplica(nearReplica).build());
        return;
      }
      served.add(partition.getFetchOffset());
      lastFetchedEpochs.add(partition.getLastFetchedEpoch());
      if (divergesFrom >= 0 && partition.getLastFetchedEpoch() >= 0) {
        EpochEndOffset end = EpochEndOffset.newBuilder().setEndOffset(divergesFrom).build();
        send(subscribe.getSubscriptionId(), standing(partition).setDivergingEpoch(end).build());
        return;
      }
      subscriptions.put(subscribe.getSubscriptionId(), partition);
      positions.put(subscribe.getSubscriptionId(), partition.getFetchOffset());
      if (tellsPosition) {
        send(
            subscribe.getSubscriptionId(),
            standing(partition)
                .setHighWatermark(end(partitions.get(partition.getPartition())))
                .build());
      }
      push(Map.of(subscribe.getSubscriptionId(), partition));
    }

    private void pause(long id, boolean now) {
      if (now) {
        paused.add(id);
      } else {
        paused.remove(id);
      }
    }

    private void forget(long id) {
      paused.remove(id);
      subscriptions.remove(id);
      positions.remove(id);
    }

    private void push() {
      push(Map.copyOf(subscriptions));
    }

    private void push(Map<Long, FetchPartition> which) {
      for (Map.Entry<Long, FetchPartition> entry : which.entrySet()) {
        for (RecordBatch batch : partitions.get(entry.getValue().getPartition())) {
          long position = positions.get(entry.getKey());
          if (batch.nextOffset() > position && credits > 0 && !paused.contains(entry.getKey())) {
            byte[] bytes = new byte[batch.sizeInBytes()];
            batch.slice().get(bytes);
            credits -= bytes.length;
            positions.put(entry.getKey(), batch.nextOffset());
            send(
                entry.getKey(),
                standing(entry.getValue())
                    .setRecords(ByteString.copyFrom(onFetch.apply(bytes)))
                    .setHighWatermark(end(partitions.get(entry.getValue().getPartition())))
                    .build());
          }
        }
      }
    }

    private PartitionData.Builder standing(FetchPartition partition) {
      return PartitionData.newBuilder()
          .setTopicId(partition.getTopicId())
          .setPartition(partition.getPartition());
    }

    private void send(long id, PartitionData data) {
      onSend
          .apply(FetchStreamResponse.newBuilder().setSubscriptionId(id).setData(data).build())
          .forEach(answers::onNext);
    }

    private void cut() {
      over = true;
      fetchers.remove(this);
      subscriptions.clear();
      answers.onError(cutStatus.asException());
    }

    @Override
    public void onError(Throwable t) {
      synchronized (FakeBroker.this) {
        fetchers.remove(this);
      }
    }

    @Override
    public void onCompleted() {
      answers.onCompleted();
    }
  }
}
