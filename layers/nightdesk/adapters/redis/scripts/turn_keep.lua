-- Renews a turn for ARGV[2] milliseconds, or gives it back where that is '0'; only for whoever has it (ARGV[1]).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
