-- The scripts of the Redis store. Redis runs each as one step. KEYS are a row and the index of
-- its kind; ARGV[1] is the lifetime in milliseconds, 0 for ever. What stands before the first ----
-- begins each script.

-- The lifetime of a row without an end, in milliseconds: 126 years. In the index such rows stand
-- behind all others, in the order of their last use.
local FOREVER = 4e12

-- The time in microseconds, by Redis's clock. Lua alone would write it with 14 digits.
local time = redis.call('TIME')
local function after(milliseconds)
    return string.format('%.0f', time[1] * 1000000 + time[2] + milliseconds * 1000)
end

-- How long the row lives from now on: as its kind says, but no shorter than until now.
local function lifetime()
    local left = redis.call('PTTL', KEYS[1])
    if ARGV[1] == '0' or left == -1 then return FOREVER end
    return math.min(FOREVER, math.max(tonumber(ARGV[1]), left))
end

local function expire(milliseconds)
    if milliseconds < FOREVER then redis.call('PEXPIRE', KEYS[1], milliseconds) end
end

---- load
-- Gives a row, and lets it live on from now. A Redis that is full refuses ZADD, and gives the row
-- all the same.
local row = redis.call('GET', KEYS[1])
if row then
    local lives = lifetime()
    expire(lives)
    redis.pcall('ZADD', KEYS[2], 'XX', after(lives), KEYS[1])
end
return row

---- swap
-- Puts a row in the place of the one seen before, if that is still there. ARGV[2] and [3] are what
-- was seen and what must be there, both empty for no row; [4] is how many there may be, and [5] is
-- 1 if the oldest leave for a new one. Returns 1 if it did, 0 if there is no room, else what is
-- there now.
--
-- A Redis that is full refuses SET in a script that has not written anything yet. So a new row is
-- refused, but a known row that does not grow is deleted first, and then finds its old room.
local old = redis.call('GET', KEYS[1]) or ''
if old ~= ARGV[2] then return old end
if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], KEYS[1])
    return 1
end
local leave = 0
if old == '' and not redis.call('ZSCORE', KEYS[2], KEYS[1]) then
    leave = redis.call('ZCOUNT', KEYS[2], after(0), '+inf') + 1 - ARGV[4]
    if leave > 0 and ARGV[5] ~= '1' then return 0 end
end
local lives = lifetime()
if #ARGV[3] <= #old then redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[3])
expire(lives)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', after(0))
if leave > 8 then leave = 8 end
for _, key in ipairs(leave > 0 and redis.call('ZRANGE', KEYS[2], 0, leave - 1) or {}) do
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[2], key)
end
redis.call('ZADD', KEYS[2], after(lives), KEYS[1])
return 1

---- list
-- Gives a list in JSON: what to ask for next, 0 for nothing, and some names of rows of the kind
-- that have not expired. ARGV[2] is what the last answer said.
local page = redis.call('ZSCAN', KEYS[2], ARGV[2], 'COUNT', 1000)
local found = { page[1] }
local now = tonumber(after(0))
for at = 1, #page[2], 2 do
    if tonumber(page[2][at + 1]) > now then found[#found + 1] = page[2][at] end
end
return cjson.encode(found)
