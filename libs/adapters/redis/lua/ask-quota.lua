-- Takes tokens from all of the budgets or from none, and moves the asker in their queues accordingly. The arithmetic is
-- askBudgets of libs/domain/scheduling/src/budget.ts, number for number: whole microseconds below 2^53.
--
-- KEYS[i]  the i-th budget, a hash of one hash tag with the others. Fields: `full`, when the bucket will be full (us);
--          `w:<asker>` for each asker in the queue, `<place is gone at, us>:<tokens wanted>:<rank>`.
-- ARGV[1]  the time in us, or an empty string for the server's clock, which is what production uses
-- ARGV[2]  asker
-- ARGV[3]  rank, sorts as text, best first
-- ARGV[4]  tokens wanted, 1 or more
-- ARGV[5]  how long a token waits for the asker whose turn it is, us
-- ARGV[6]  how long a budget is remembered once it is full and its queue empty, ms
-- ARGV[4 + 3i], ARGV[5 + 3i], ARGV[6 + 3i]  burst, interval in us and block of the i-th budget
--
-- Returns { granted, ms until asking again makes sense, index of the budget in whose queue the asker stands or 0,
--           whole tokens left in the 1st budget, ... in the last }.
local asker, rank = ARGV[2], ARGV[3]
local wanted, turn, remembered = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function read(key)
  local budget = { full = 0, waiters = {} }
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    if fields[at] == 'full' then
      budget.full = tonumber(fields[at + 1])
    else
      local until_, wants, its_rank = string.match(fields[at + 1], '^(%d+):(%d+):(.*)$')
      budget.waiters[string.sub(fields[at], 3)] = { until_ = tonumber(until_), wants = tonumber(wants), rank = its_rank }
    end
  end
  return budget
end

local function write_waiter(key, name, waiter)
  redis.call('HSET', key, 'w:' .. name, string.format('%.0f:%d:%s', waiter.until_, waiter.wants, waiter.rank))
end

-- Nothing is saved up beyond the burst and unused places are gone; a clock set back leaves no debt beyond the bucket.
local function settle(key, budget)
  budget.full = math.min(math.max(budget.full, now), now + budget.burst * budget.interval)
  local queued = budget.burst
  for _, waiter in pairs(budget.waiters) do
    queued = queued + math.min(waiter.wants, budget.block)
  end
  local last = now + queued * budget.interval + turn
  for name, waiter in pairs(budget.waiters) do
    if waiter.until_ <= now then
      budget.waiters[name] = nil
      redis.call('HDEL', key, 'w:' .. name)
    elseif waiter.until_ > last then
      waiter.until_ = last
      write_waiter(key, name, waiter)
    end
  end
end

-- Tokens that belong to askers whose best delivery comes first, equals in the order of their names, and who are told to
-- come by `due`.
local function tokens_ahead(budget, due)
  local ahead = 0
  for name, waiter in pairs(budget.waiters) do
    if name ~= asker and waiter.until_ - turn <= due and (waiter.rank < rank or (waiter.rank == rank and name < asker)) then
      ahead = ahead + math.min(waiter.wants, budget.block)
    end
  end
  return ahead
end

-- Until the first token that is kept for nobody better, us.
local function wait_for_turn(budget)
  local place = 1
  while true do
    local wait = math.max(0, budget.full - now + (place - budget.burst) * budget.interval)
    local ahead = tokens_ahead(budget, now + wait)
    if ahead < place then return wait end
    place = ahead + 1
  end
end

local function tokens(budget)
  return math.floor((now + budget.burst * budget.interval - budget.full) / budget.interval)
end

local budgets = {}
local granted = wanted
for i, key in ipairs(KEYS) do
  local budget = read(key)
  budget.burst, budget.interval, budget.block = tonumber(ARGV[4 + 3 * i]), tonumber(ARGV[5 + 3 * i]), tonumber(ARGV[6 + 3 * i])
  settle(key, budget)
  granted = math.min(granted, budget.block, tokens(budget) - tokens_ahead(budget, now))
  budgets[i] = budget
end
granted = math.max(0, granted)

local longest, waits_for = 0, 0
for i, budget in ipairs(budgets) do
  budget.full = budget.full + granted * budget.interval
  budget.had_place = budget.waiters[asker] ~= nil
  budget.waiters[asker] = nil
  local wait = wait_for_turn(budget)
  if wait > longest then
    longest, waits_for = wait, i
  end
end
if granted > 0 then waits_for = 0 end

local reply = { granted, granted == wanted and 0 or math.ceil(longest / 1000), waits_for }
for i, budget in ipairs(budgets) do
  local key = KEYS[i]
  redis.call('HSET', key, 'full', string.format('%.0f', budget.full))
  if i == waits_for then
    budget.waiters[asker] = { until_ = now + longest + turn, wants = wanted, rank = rank }
    write_waiter(key, asker, budget.waiters[asker])
  elseif budget.had_place then
    redis.call('HDEL', key, 'w:' .. asker)
  end
  local needed = budget.full
  for _, waiter in pairs(budget.waiters) do
    needed = math.max(needed, waiter.until_)
  end
  redis.call('PEXPIRE', key, math.ceil((needed - now) / 1000) + remembered)
  reply[3 + i] = tokens(budget)
end
return reply
