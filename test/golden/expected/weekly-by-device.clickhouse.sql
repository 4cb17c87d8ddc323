SELECT
      subtractDays(toDate32(`marketing`.recorded_at, 'Europe/Berlin'), modulo(toDayOfWeek(toDate32(`marketing`.recorded_at, 'Europe/Berlin')) + 0, 7)) `marketing__recorded_at_calendar_week`, CAST(`marketing`.data_payload.`device`, 'Nullable(String)') `marketing__device`, sum(toInt128(`marketing`.data_payload.`clicks`)) `marketing__clicks`, toDecimal256(round((toDecimal256(sum(`marketing`.data_payload.`spend`), 18) / nullIf(toDecimal256(sum(toInt128(`marketing`.data_payload.`clicks`)), 18), 0)), 9), 9) `marketing__cost_per_click`
    FROM
      unified_marketing_data AS `marketing`  WHERE (`marketing`.organization_id = toUUID(?)) AND (`marketing`.recorded_at >= toDateTime64(?, 3, 'UTC') AND `marketing`.recorded_at < toDateTime64(?, 3, 'UTC')) AND (startsWith(lowerUTF8(`marketing`.data_source), lowerUTF8(?)) OR startsWith(lowerUTF8(`marketing`.data_source), lowerUTF8(?))) GROUP BY `marketing__recorded_at_calendar_week`, `marketing__device` ORDER BY `marketing__device` DESC NULLS LAST, `marketing__recorded_at_calendar_week` ASC NULLS LAST LIMIT 5
-- ["11111111-1111-4111-8111-111111111111","2025-12-31 23:00:00.000","2026-01-31 23:00:00.000","MIX","cal"]
SELECT
      sum(toInt128(`marketing`.data_payload.`clicks`)) `marketing__clicks`, toDecimal256(round((toDecimal256(sum(`marketing`.data_payload.`spend`), 18) / nullIf(toDecimal256(sum(toInt128(`marketing`.data_payload.`clicks`)), 18), 0)), 9), 9) `marketing__cost_per_click`
    FROM
      unified_marketing_data AS `marketing`  WHERE (`marketing`.organization_id = toUUID(?)) AND (`marketing`.recorded_at >= toDateTime64(?, 3, 'UTC') AND `marketing`.recorded_at < toDateTime64(?, 3, 'UTC')) AND (startsWith(lowerUTF8(`marketing`.data_source), lowerUTF8(?)) OR startsWith(lowerUTF8(`marketing`.data_source), lowerUTF8(?)))
-- ["11111111-1111-4111-8111-111111111111","2025-12-31 23:00:00.000","2026-01-31 23:00:00.000","MIX","cal"]
