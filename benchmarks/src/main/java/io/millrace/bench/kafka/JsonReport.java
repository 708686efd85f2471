package io.millrace.bench.kafka;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.millrace.bench.kafka.load.Fields;
import java.util.Locale;
import java.util.Map;

/** The same as {@link Report}, with every round, for programs. */
final class JsonReport {
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  private JsonReport() {}

  static String of(Report report) {
    JsonObject all = new JsonObject();
    all.add("facts", object(report.facts()));
    JsonArray rows = new JsonArray();
    report.rows().forEach(row -> rows.add(row(row)));
    all.add("rows", rows);
    JsonObject memory = new JsonObject();
    for (Peer peer : Peer.values()) {
      memory.add(key(peer), figures(report.memory().of(peer)));
    }
    all.add("memory", memory);
    return GSON.toJson(all) + "\n";
  }

  private static JsonObject row(Row row) {
    JsonObject json = new JsonObject();
    json.addProperty("name", row.workload().name());
    json.addProperty("title", row.workload().title());
    row.failure().ifPresent(why -> json.addProperty("failure", why));
    row.ratio("mb_per_s").ifPresent(ratio -> json.addProperty("ratio_mb_per_s", ratio));
    for (Peer peer : Peer.values()) {
      Workload.Setup setup = row.workload().setups().of(peer);
      JsonObject side = new JsonObject();
      side.add("producer", object(setup.producer()));
      side.add("consumer", object(setup.consumer()));
      side.add("topic", object(setup.topic()));
      JsonArray rounds = new JsonArray();
      row.rounds().of(peer).forEach(round -> rounds.add(figures(round)));
      side.add("rounds", rounds);
      json.add(key(peer), side);
    }
    return json;
  }

  private static JsonObject figures(Fields fields) {
    JsonObject json = new JsonObject();
    fields.values().keySet().stream()
        .sorted()
        .forEach(name -> json.addProperty(name, fields.real(name)));
    return json;
  }

  private static JsonElement object(Map<String, String> values) {
    return GSON.toJsonTree(values);
  }

  private static String key(Peer peer) {
    return peer.name().toLowerCase(Locale.ROOT);
  }
}
