-- One row, as of one moment.
--
-- KEYS[1]  rows, KEYS[2] counts of the store; see write-rows.lua
-- ARGV[1]  key
--
-- Returns JSON and counts (an empty string where nothing was added), or nothing if there is no such row.
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row then return {} end
return { row, redis.call('HGET', KEYS[2], ARGV[1]) or '' }
