-- Puts one store in the place of another, whether either is there or not.
--
-- KEYS[1..4]  rows, order, counts and positions of the store that gives way; see write-rows.lua
-- KEYS[5..8]  those of the store that takes its place
--
-- Returns nothing. All eight keys have one hash tag, which is why it can be one step in a cluster too.
for i = 1, 4 do
  redis.call('UNLINK', KEYS[i])
  if redis.call('EXISTS', KEYS[i + 4]) == 1 then redis.call('RENAME', KEYS[i + 4], KEYS[i]) end
end
