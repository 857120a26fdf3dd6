# For analysts: what `kcat -J` reads from mail.events, as facts that count.
#
#   kcat -C -b localhost:9092 -t mail.events -o beginning -e -q -J |
#     jq -nc -L infra/topics 'include "penstock"; facts | {at, type, deliveryId}'

# Each record with its offset; repeats (a known id) and what a scheduler wrote that had lost the partition
# (its epoch is not the offset of the partition's last claim) are left out. Keeps every id in memory.
def facts:
  foreach inputs as $m ({ids: {}, epochs: {}};
    ($m.payload | fromjson) as $fact
    | ($m.partition | tostring) as $partition
    | if .ids[$fact.id] then .out = null
      else .ids[$fact.id] = true
        | if $fact.type == "partition_claimed" then .epochs[$partition] = $m.offset else . end
        | if $fact.epoch != null and $fact.epoch != .epochs[$partition] then .out = null
          else .out = $fact + {offset: $m.offset} end
      end;
    .out // empty);

# The end of each delivery: the first of delivered, bounced and dropped in the order of its partition.
def ends:
  foreach (facts | select(.type == "delivered" or .type == "bounced" or .type == "dropped")) as $fact ({ended: {}};
    if .ended[$fact.deliveryId] then .out = null
    else .ended[$fact.deliveryId] = true | .out = $fact end;
    .out // empty);
