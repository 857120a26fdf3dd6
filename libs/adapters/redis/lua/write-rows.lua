-- One change of a store: puts, then deletes, then increments, and the positions that go with them; all of it or nothing,
-- since nothing else runs meanwhile and no step of it can fail on keys of ours.
--
-- KEYS[1]  rows, a hash: key -> JSON as it was put
-- KEYS[2]  order, a sorted set of the keys, all of one score, so that it orders them by their bytes
-- KEYS[3]  counts, a hash: key -> a flat JSON object of what was added to the row's numbers since it was put
-- KEYS[4]  positions, a hash: name -> position
-- ARGV[1..4]  how many puts, deletes, increments and positions follow, in this order:
--   a put       key, JSON
--   a delete    key
--   an increment  key, how many fields, and for each its name and what to add
--   a position  name, position
--
-- Returns nothing.
local rows, order, counts, positions = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local at = 4

local function take()
  at = at + 1
  return ARGV[at]
end

for _ = 1, tonumber(ARGV[1]) do
  local key, json = take(), take()
  if redis.call('HSET', rows, key, json) == 1 then redis.call('ZADD', order, 0, key) end
  redis.call('HDEL', counts, key)
end

for _ = 1, tonumber(ARGV[2]) do
  local key = take()
  redis.call('HDEL', rows, key)
  redis.call('HDEL', counts, key)
  redis.call('ZREM', order, key)
end

-- cjson would write a number with 14 digits only; 17 are what a double needs.
local function write_counts(added)
  local parts = {}
  for name, number in pairs(added) do
    parts[#parts + 1] = cjson.encode(name) .. ':' .. string.format('%.17g', number)
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

for _ = 1, tonumber(ARGV[3]) do
  local key, fields = take(), tonumber(take())
  if redis.call('HSETNX', rows, key, '{}') == 1 then redis.call('ZADD', order, 0, key) end
  local text = redis.call('HGET', counts, key)
  local added = text and cjson.decode(text) or {}
  for _ = 1, fields do
    local name = take()
    added[name] = (added[name] or 0) + tonumber(take())
  end
  redis.call('HSET', counts, key, write_counts(added))
end

for _ = 1, tonumber(ARGV[4]) do
  local name = take()
  redis.call('HSET', positions, name, take())
end
