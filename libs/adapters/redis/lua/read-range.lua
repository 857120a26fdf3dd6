-- Rows whose keys lie in a range, in the order of their bytes, as of one moment.
--
-- KEYS[1..3]  rows, order and counts of the store; see write-rows.lua
-- ARGV[1]  first key
-- ARGV[2]  the key after the last
-- ARGV[3]  how many at most
-- ARGV[4]  `down` to begin at the end
--
-- Returns key, JSON and counts (an empty string where nothing was added) of each row, one after the other.
local keys
if ARGV[4] == 'down' then
  keys = redis.call('ZRANGE', KEYS[2], '(' .. ARGV[2], '[' .. ARGV[1], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[3])
else
  keys = redis.call('ZRANGE', KEYS[2], '[' .. ARGV[1], '(' .. ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])
end

local found = {}
-- unpack has room for a few thousand at a time.
for from = 1, #keys, 1000 do
  local to = math.min(from + 999, #keys)
  local rows = redis.call('HMGET', KEYS[1], unpack(keys, from, to))
  local counts = redis.call('HMGET', KEYS[3], unpack(keys, from, to))
  for i = from, to do
    found[#found + 1] = keys[i]
    found[#found + 1] = rows[i - from + 1] or 'null'
    found[#found + 1] = counts[i - from + 1] or ''
  end
end
return found
