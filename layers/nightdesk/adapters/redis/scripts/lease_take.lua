-- Takes or renews a lease. KEYS[1] the lease; ARGV[1] member, ARGV[2] number of its life, ARGV[3] for how many
-- milliseconds. A later life takes what an earlier one of the same member holds; nobody takes another's.
local known = redis.call('GET', KEYS[1])
if known then
  local member, life = string.match(known, '^(.*)|(%d+)$')
  if member ~= ARGV[1] or tonumber(life) > tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2], 'PX', ARGV[3])
return 1
