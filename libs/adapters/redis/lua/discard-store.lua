-- Forgets a store with everything in it; nothing where there is none.
--
-- KEYS  rows, order, counts and positions of the store; see write-rows.lua
--
-- Returns nothing. Memory is given back in the background: a large store does not hold others up.
redis.call('UNLINK', unpack(KEYS))
