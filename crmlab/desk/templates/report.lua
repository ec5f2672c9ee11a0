-- One filter for all three documents: raw HTML of results becomes native tables, paragraphs and pictures,
-- so that a table stays a table in PDF and DOCX and a picture keeps its alt text everywhere.

local typst, html, docx = FORMAT == "typst", FORMAT:match("^html") ~= nil, FORMAT == "docx"
local LINE, GAP = typst and 108 or 96, 3  -- characters of table text on a printed line, and between columns
local WORD = 32  -- characters after which a word may break

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local function wrapped(before, blocks, after)
  local out = pandoc.Blocks({ pandoc.RawBlock("typst", before) })
  out:extend(blocks)
  out:insert(pandoc.RawBlock("typst", after))
  return out
end

-- The html reader drops the class of a paragraph but keeps that of a division.
local function native(text)
  text = text:gsub('<p class="(crm%-%a+)">(.-)</p>', '<div class="%1"><p>%2</p></div>')
  return pandoc.read(text, "html").blocks
end

local STYLED = pandoc.List({ "crm-subtitle", "crm-answer", "crm-title", "crm-text", "crm-note" })

-- The width, in cm, at which a picture is neither wider nor higher than this; its PNG says how long its sides are.
local function sized(image, wide, high)
  local file = io.open(PANDOC_STATE.resource_path[1] .. "/" .. image.src:gsub("%.svg$", ".png"), "rb")
  if not file then return image end
  local head = file:read(24)
  file:close()
  local width, height = string.unpack(">I4I4", head, 17)
  image.attributes.width = ("%.1fcm"):format(math.min(wide, high * width / height))
  return image
end

local function first_page(div)
  -- The page for a board has few words, and so room for its picture.
  local most = div.classes:includes("board") and "112mm" or "68mm"
  -- A first page that runs over has no break after it, or the second would be nearly empty.
  local broken = "]\n#context if here().page() == 1 { pagebreak(weak: true) }"
  if typst then return wrapped("#front(" .. most .. ")[", div.content, broken) end
  -- In DOCX nothing breaks the page: letters differ from machine to machine, and a first page that runs over would leave
  -- the second one nearly empty.
  if docx then return div:walk({ Image = function(image) return sized(image, 10, 9) end }) end
  return div
end

local function named(div)
  local class = div.classes[1]
  if class == "front" then return first_page(div) end
  if html or not STYLED:includes(class) then return nil end
  if typst then return wrapped("#" .. class .. "[", div.content, "]") end
  div.attributes["custom-style"] = class
  return div
end

local function picture(image)
  local alt = pandoc.utils.stringify(image.caption)
  if image.src:match("^%a+://") then return pandoc.Str(alt) end
  if docx then
    if not image.attributes.width then sized(image, 14.5, 14.5) end  -- as high, and its words still fit on the page
    image.src = image.src:gsub("%.svg$", ".png")
  end
  local call = "#picture(" .. quoted(image.src) .. ", " .. quoted(alt) .. ")"
  if typst then return pandoc.RawInline("typst", call) end
  return image
end

-- ---- tables ---------------------------------------------------------------------------------------------

local function rows_of(tab)
  local rows = pandoc.List({})
  rows:extend(tab.head.rows)
  for _, body in ipairs(tab.bodies) do rows:extend(body.body) end
  return rows
end

local function is_number(text)
  text = text:gsub("−", "-"):gsub("–", "")
  return text == "" or text:match("^[<%s]*%-?[%d.,]+%s*%%?%s*%[?[%d.,%s-]*%]?$") ~= nil
end

local function measured(tab)
  local natural, least, numeric = {}, {}, {}
  for at = 1, #tab.colspecs do natural[at], least[at], numeric[at] = 1, 1, true end
  for line, row in ipairs(rows_of(tab)) do
    for at, cell in ipairs(row.cells) do
      local text = pandoc.utils.stringify(cell.contents)
      natural[at] = math.max(natural[at], utf8.len(text))
      -- A number with its interval is one word: it never breaks.
      for word in text:gmatch(is_number(text) and ".+" or "%S+") do
        least[at] = math.max(least[at], math.min(utf8.len(word), is_number(text) and LINE or WORD))
      end
      if line > #tab.head.rows and not is_number(text) then numeric[at] = false end
      cell.alignment = pandoc.AlignDefault
    end
  end
  return natural, least, numeric
end

-- Each column gets its longest word, and the rest of the line goes to those with the longest sentences.
local function widths(natural, least)
  local wish, need = 0, 0
  for at = 1, #natural do wish, need = wish + natural[at] + GAP, need + least[at] + GAP end
  local line, shares = math.max(math.min(LINE, wish), need), {}
  for at = 1, #natural do
    local extra = (line - need) * (natural[at] - least[at]) / math.max(1, wish - need)
    shares[at] = (least[at] + GAP + extra) / math.max(line, LINE)
  end
  return shares, wish > LINE, math.min(1, LINE / line)
end

local function set_table(tab)
  local natural, least, numeric = measured(tab)
  local shares, wide, size = widths(natural, least)
  local columns = {}
  for at = 1, #shares do
    local width = (docx or typst and wide) and shares[at] or nil
    columns[at] = { numeric[at] and pandoc.AlignRight or pandoc.AlignLeft, width }
  end
  tab.colspecs = columns
  if html then
    for _, row in ipairs(rows_of(tab)) do
      for at, cell in ipairs(row.cells) do
        if natural[at] > 24 then cell.attr.classes = { "long" } end
      end
    end
    -- As pairs: a Lua table of names has another order on every run.
    local reached = { { "role", "region" }, { "tabindex", "0" }, { "aria-label", "table" } }
    return pandoc.Div(tab, pandoc.Attr("", { "scroll" }, reached))
  end
  if docx then return tab end
  local whole = #rows_of(tab) <= 13
  return wrapped(("#sized(%.3f, %s)["):format(size, whole), { tab }, "]")
end

-- ---- the whole document ---------------------------------------------------------------------------------

local raw = { RawBlock = function(block) if block.format == "html" then return native(block.text) end end }

-- The question stays the only heading of the first level, whatever a lesson does further down.
local titled = false
local function heading(header)
  if header.level == 1 and titled then header.level = 2 end
  titled = true
  return header
end

local function offline(link)
  if html and link.target:match("^%a+:") then return pandoc.Span(link.content) end
end

-- A word longer than its line would leave the page: between so many of its letters it may break.
local function breakable(text)
  local out, count = {}, 0
  for _, code in utf8.codes(text) do
    if count > 0 and count % WORD == 0 then out[#out + 1] = utf8.char(0x200B) end
    out[#out + 1], count = utf8.char(code), count + 1
  end
  return table.concat(out)
end

local function bare(str)
  if not html and utf8.len(str.text) > WORD then return pandoc.Str(breakable(str.text)) end
  if html and str.text:match("https?://") then return pandoc.Str((str.text:gsub("https?://", ""))) end
end

-- What says how to read a picture stays on the picture's page, and the one sentence below a heading with the next one.
local function holds_picture(block)
  local first = block and block.t == "Para" and block.content[1]
  if not first then return false end
  return first.t == "Image" or first.t == "RawInline" and first.text:match("^#picture") ~= nil
end

local function sticky(block)
  if typst then return wrapped("#block(sticky: true)[", { block }, "]") end
  return { pandoc.Div(block, pandoc.Attr("", {}, { { "custom-style", "crm-lead" } })) }
end

local function kept_together(blocks)
  if html then return nil end
  local out = pandoc.Blocks({})
  for at, block in ipairs(blocks) do
    local before, after = blocks[at - 1], blocks[at + 1]
    local between = before and after and before.t == "Header" and after.t == "Header"
    local leads = holds_picture(after) or after and after.t == "Para" and holds_picture(blocks[at + 2])
    if block.t == "Para" and not holds_picture(block) and (leads or between) then
      out:extend(sticky(block))
    else
      out:insert(block)
    end
  end
  return out
end

return {
  raw,
  { Str = bare },
  { Header = heading, Link = offline, Image = picture, Table = set_table },
  { Div = named },
  { Blocks = kept_together },
}
