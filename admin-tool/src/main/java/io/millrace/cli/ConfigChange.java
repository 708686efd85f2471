package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigResource;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code config set} and {@code config unset} do. Used once.
 *
 * @param target whose settings
 * @param validateOnly whether nothing is to be changed
 */
record ConfigChange(
    CliContext context,
    ConfigTarget target,
    ConnectionOptions connection,
    OutputOptions output,
    boolean validateOnly) {
  /**
   * Changes settings, and shows what they are then.
   *
   * @param set new values by key
   * @param reset keys that go back to what holds without them
   */
  void carryOut(Map<String, String> set, Set<String> reset) {
    ConfigResource resource = target.resource();
    Set<String> keys = new TreeSet<>(set.keySet());
    keys.addAll(reset);
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      List<ConfigDescription> now = change(admin, resource, set, reset, keys);
      output.print(context, () -> data(resource, now), () -> text(resource, now));
    }
  }

  private List<ConfigDescription> change(
      Admin admin,
      ConfigResource resource,
      Map<String, String> set,
      Set<String> reset,
      Set<String> keys) {
    try {
      if (validateOnly) {
        admin.validateConfigs(resource, set, reset);
        return List.of();
      }
      admin.alterConfigs(resource, set, reset);
    } catch (MillraceException e) {
      throw target.explained(context, admin, e);
    }
    try {
      return admin.getConfigs(resource, List.copyOf(keys));
    } catch (MillraceException e) {
      // A broker that is away can be configured, and can't be asked.
      context.err().println("(changed; not read back: " + e.error().message() + ")");
      return List.of();
    }
  }

  private Map<String, Object> data(ConfigResource resource, List<ConfigDescription> now) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("resource", resource.toString());
    data.put("changed", !validateOnly);
    data.put("configs", now.stream().map(ConfigReports::data).toList());
    return data;
  }

  private String text(ConfigResource resource, List<ConfigDescription> now) {
    if (validateOnly) {
      return "would be accepted; nothing was changed\n";
    }
    String changed = "changed " + resource + "\n";
    return now.isEmpty() ? changed : changed + ConfigReports.table(now, output.wide());
  }
}
