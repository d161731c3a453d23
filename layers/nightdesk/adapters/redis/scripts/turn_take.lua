-- Takes a key's turn, and a nonce above every one before it: microseconds of the server's clock, or the last and one.
-- KEYS[1] who has the turn, KEYS[2] the last nonce; ARGV[1] who asks, ARGV[2] how long the turn lasts unless renewed.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local t = redis.call('TIME')
local nonce = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, t[1] * 1000000 + t[2])
local text = string.format('%.0f', nonce)
redis.call('SET', KEYS[2], text)
return text
